"""Dataflows to slot programs: layouts are chosen here, one step at a time."""
