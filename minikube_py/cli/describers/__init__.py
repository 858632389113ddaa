"""What `describe` prints, one module a family of kinds; `registry.DESCRIBERS` names them, `generic` does the rest."""
