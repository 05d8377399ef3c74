"""Proofs of what the house promises: no identifier outside the vault, nothing left of an overwritten generation."""
