-- Grain: one row per listed person and rule whose fact holds, whatever it decides.
{% for family in ['freeze', 'safeguard', 'review', 'support', 'plan'] %}
select person_key, rule_id, fact_value, fact_on, amount_pence, source_code
from {{ ref('int_informed_debt__' ~ family ~ '_facts_established') }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
