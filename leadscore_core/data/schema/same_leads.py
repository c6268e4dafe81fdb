"""Whether two schemas of one name mean the same leads."""

from leadscore_core.data.schema.schema import LeadSchema

_LEAST_SHARED = 0.5


def is_of_same_leads(one: LeadSchema, other: LeadSchema) -> bool:
    """Tell whether two schemas are of the same company's leads: the same name and outcome, and half their columns.

    A schema without a column that was left out of training, or with some that came later, stays the same.

    Examples
    --------
    >>> from leadscore_core.data.schema.schema_files import load_schema
    >>> schema = load_schema("codepro")
    >>> is_of_same_leads(schema, schema.without(["referred_lead"]))
    True
    >>> label = schema.label.model_copy(update={"name": "paid"})
    >>> columns = tuple(label if column is schema.label else column for column in schema.columns)
    >>> is_of_same_leads(schema, schema.model_copy(update={"columns": columns}))
    False
    """
    label, other_label = one.label, other.label
    if one.name != other.name or (label and other_label and label.name != other_label.name):
        return False
    names, others = ({column.name for column in schema.inputs} for schema in (one, other))
    return len(names & others) >= _LEAST_SHARED * min(len(names), len(others))
