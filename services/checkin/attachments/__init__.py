"""Files that belong to incidents: the bytes are in a store, the log has only their digest, size and type.

metadata.py positions and other metadata, removed from what comes in
media.py    what a file is, by its first bytes
spool.py    bytes as they come in, on this machine, until they are whole
stores.py   what a store does; the folder; which one a setting names
s3.py       a bucket of anything that speaks S3
quotas.py   how much may be uploaded, and what is removed because no incident cites it
routes.py   HTTP: take a file in, give it back to who may see its incident
"""
