"""Scored leads as files, for people and for CRMs."""
