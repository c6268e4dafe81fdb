# app: the dashboard, the command line and MLflow; airflow: the three pipelines, in an environment of their own beside it.
# Figures as PNG need Chromium, which would double the image: docs/deploy.md says how to add it.
FROM python:3.11-slim AS app
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 leadscore
WORKDIR /srv/leadscore
COPY requirements.txt ./
RUN python -m venv /opt/leadscore \
    && /opt/leadscore/bin/pip install --no-cache-dir --requirement requirements.txt
COPY pyproject.toml README.md LICENSE leadscore.toml app.py launch.py ./
COPY .streamlit .streamlit
COPY leadscore_core leadscore_core
COPY pages pages
COPY models models
COPY sample_data sample_data
RUN /opt/leadscore/bin/pip install --no-cache-dir --no-deps --editable . \
    && install --directory --mode=0700 data \
    && chown -R leadscore:leadscore data models
ENV PATH=/opt/leadscore/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_HEADLESS=true
USER 10001
VOLUME ["/srv/leadscore/data", "/srv/leadscore/models"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["leadscore", "app"]

FROM app AS airflow
USER 0
COPY requirements-airflow.txt ./
RUN python3.11 -m venv /opt/airflow \
    && /opt/airflow/bin/pip install --no-cache-dir --requirement requirements-airflow.txt \
    && mkdir /srv/airflow \
    && chown leadscore:leadscore /srv/airflow
COPY dags dags
ENV AIRFLOW_HOME=/srv/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/srv/leadscore/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    PYTHONPATH=/srv/leadscore/dags \
    LEADSCORE_PYTHON=/opt/leadscore/bin/python
USER 10001
VOLUME ["/srv/airflow"]
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/api/v2/monitor/health', timeout=4)"]
CMD ["/opt/airflow/bin/airflow", "standalone"]
