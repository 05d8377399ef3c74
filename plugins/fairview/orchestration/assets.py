"""The assets that join the DAGs: deliveries → warehouse → publications."""

from __future__ import annotations

from airflow.sdk import Asset, AssetAny

from fairview.contracts.catalogue import Catalogue

# One slot: the vault has one writer. The store's own lock says the same to whoever comes past Airflow.
VAULT_POOL = "vault"

WAREHOUSE = Asset("fairview://warehouse", group="fairview")


def delivery(source: str) -> Asset:
    """Something of this source has been received, or refused."""
    return Asset(f"fairview://deliveries/{source}", group="fairview")


def publication(service: str) -> Asset:
    """A new generation of this service's marts is published."""
    return Asset(f"fairview://publications/{service}", group="fairview")


def any_delivery(catalogue: Catalogue) -> AssetAny:
    """Any source has delivered."""
    return AssetAny(*(delivery(source) for source in catalogue.sources))
