"""The declarations (feed contracts, service cards, rule packs), read and judged for sense."""
