"""The `pamwal` command.

A file in this folder is a command: it holds a `typer.Typer` named `app` and is found by its file name
(`import_.py` is `pamwal import`; a file whose name begins with an underscore is none). With one function in
it the file is a plain command, with several a group. It is imported only when it is called or listed, so each
brings its own dependencies.
"""
