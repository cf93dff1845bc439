"""`pamwal demo kupang`: a whole campaign day through the real services, and every number it must end with.

What is said is pure and comes from one seed; read in this order:

    day.py        where, when and by whom 14 rallies are secured (S1)
    truth.py      what truly happened: who came, who was late, who stood elsewhere, who stayed away (S2)
    sayings.py    one thing that one post says to one service
    planning.py   the operation, its roster, its rallies, its orders
    reports.py    each check-in 1 to 4 times, by app and by list, some late
    desk.py       heartbeats, incidents and what must be refused
    scenario.py   all of it from one seed, with the numbers that must come out
"""
