"""Contacts from files of people: CSV in the dialects and encodings that spreadsheets write, and XLSX (decision 53).

All of it works on the file that is handed in; what is slow is meant for a process of its own (`jobs.read`).
"""
