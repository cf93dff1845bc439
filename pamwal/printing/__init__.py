"""Sheets to print: what all of them share, and the press that makes a PDF of one. It knows no service."""
