# Dependencies first, so that a change of ours does not install them again.
FROM python:3.11-slim AS build
WORKDIR /recado
RUN python -m venv /recado/.venv
COPY requirements.lock ./
RUN /recado/.venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 recado && mkdir -p /data && chown recado /data
WORKDIR /recado
COPY --from=build /recado/.venv /recado/.venv
COPY app ./app
COPY graph ./graph
COPY tools ./tools
COPY retrieval ./retrieval
COPY prompts ./prompts
COPY eval ./eval
ENV PATH=/recado/.venv/bin:$PATH PYTHONPATH=/recado PYTHONUNBUFFERED=1 \
    RECADO_HOST=0.0.0.0 RECADO_PORT=8000 RECADO_DATA_DIR=/data
USER recado
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
ENTRYPOINT ["python", "-m", "eval.command"]
CMD ["serve"]
