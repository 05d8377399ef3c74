{# The only callers of the pseudonym functions which `fairview.store.lending` lends to the connection. #}

{# Warehouse key of a reference number: the same number of the same namespace gives the same key in every table. #}
{% macro reference_key(namespace, reference) -%}
    lent_reference_key({{ namespace }} || '|' || {{ reference }})::uuid
{%- endmacro %}

{# This service's own pseudonym of a person: HMAC-SHA256 under the service's key, first 128 bits. #}
{% macro person_id(person_key) -%}
    lent_pseudonym({{ person_key }}::varchar)::uuid
{%- endmacro %}

{# This service's own pseudonym of another thing (household, account, incident), by kind, so that no two kinds meet. #}
{% macro service_id(kind, key) -%}
    lent_pseudonym('{{ kind }}|' || {{ key }}::varchar)::uuid
{%- endmacro %}
