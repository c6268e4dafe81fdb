"""Phone findings: as whose numbers a list's phone numbers without a country code are read."""

from leadscore_core.data.findings import Finding, make_finding
from leadscore_core.data.schema.column_mapping import ColumnMapping
from leadscore_core.data.schema.schema import LeadSchema, Role


def phone_findings(mapping: ColumnMapping, schema: LeadSchema, n_rows: int) -> list[Finding]:
    """Report of which country numbers without a country code are taken to be, where the list shows it or asks."""
    headers = mapping.headers_of(schema, Role.PHONE)
    if not headers or not mapping.region_note or mapping.said_region:
        return []
    if mapping.region_choices:
        home, *others = mapping.region_choices
        reason = (
            f"numbers without a country code are read as those of {home}, {mapping.region_note}, and all as those of "
            f"{', '.join(others[:6])}; say so (--phone-region {others[0]})"
        )
        return [make_finding("open_phone_region", headers[0], reason, n_rows, n_rows)]
    reason = (
        f"numbers without a country code are read as those of {mapping.phone_region}: {mapping.region_note}; if that "
        "is wrong, say so (--phone-region XX)"
    )
    return [make_finding("phone_region", headers[0], reason, n_rows, n_rows)]
