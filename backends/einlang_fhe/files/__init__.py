"""What goes between client and evaluator: compiled programs, keys, requests and replies.

Every file is an envelope around typed values and residues, and nothing in it can be executed.
"""
