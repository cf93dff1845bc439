"""What a post's own software needs to speak with the three services.

identifiers.py  ids that sort by time, made when the button is pressed
backoff.py      how long to wait before saying the same again
bearer.py       what a token says of its holder: in whose name to speak
answers.py      what a service can answer, and what it means
service.py      says one thing until it is answered; batches; reads
queue.py        a post's durable queue: one file that survives any kill; queue_file.py is the SQLite under it
courier.py      brings a queue home, over any trouble; homecoming.py is how that goes over HTTP
progress.py     how far a long homecoming is
scheduler.py    one operation's plan: ask, check, import, export, propose, read, print
field_sheets.py who was at a place, a post's log, an officer's day, and polls
views.py, load.py, drafts.py, files.py   what the scheduler answers with
incidents.py    incidents, what was said of them, and their files
field.py        codes of places as sheets to hang up, devices, PINs
practice.py     a day's plan as an exercise of its own
receipts.py     what we were told is kept, written down for the audit
stream.py       a live board's stream, taken up again where it broke
"""
