{% set columns = [
    'debt_key', 'debt_type_code', 'debt_sub_type_code', 'account_key', 'financial_year', 'stage_code', 'stage_on',
    'stage_order', 'agent_code', 'is_from_summons_on', 'balance_pence', 'overdue_pence', 'raised_on',
    'has_payment_arrangement', 'arranged_on', 'arrangement_broken_on', 'is_former_account',
] %}
-- Grain: one row per debt (or credit) to the council, whoever owes it.
{% for kind in ['council_tax', 'rent', 'overpayment', 'sundry'] %}
select {{ columns | join(', ') }}
from {{ ref('int_informed_debt__' ~ kind ~ '_debts_valued') }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
