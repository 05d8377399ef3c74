"""The door: a delivery of one source is checked, staged in the vault or refused, and always answered with a receipt."""
