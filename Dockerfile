# One image for every Airflow process. Nothing is fetched at run time; state and keys are mounted, never baked in.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DO_NOT_TRACK=1 \
    AIRFLOW_HOME=/opt/fairview/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/fairview/house/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/fairview/house/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__CORE__EXECUTOR=LocalExecutor \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False

WORKDIR /opt/fairview/house
RUN pip install --no-cache-dir uv==0.13.9 && useradd --uid 50000 --create-home fairview \
    && mkdir -p /opt/fairview/airflow /opt/fairview/state /opt/fairview/inbox && chown -R fairview /opt/fairview
COPY requirements.lock ./
RUN uv pip sync --system --require-hashes requirements.lock
COPY --chown=fairview . .
RUN uv pip install --system --no-deps --editable .
USER fairview
ENTRYPOINT ["airflow"]
CMD ["version"]
