"""Jobs: each training run is submitted under its key, before anybody waits for it.

needs  <results>/datasets/<trained>/, <results>/models/<base>.json
makes  <results>/jobs/<trained>.json; the intent in the store, and the job at the provider
"""


localrules:
    submit_job,


rule submit_job:
    input:
        base=lambda wildcards: base_model(wildcards.trained),
        train="<results>/datasets/{trained}/train.jsonl",
        validation="<results>/datasets/{trained}/validation.jsonl",
        schema=lambda wildcards: row_schema(wildcards.trained),
        code=code("submit_job.py"),
    output:
        job="<results>/jobs/{trained}.json",
    log:
        "<results>/logs/jobs/{trained}.log",
    # Jobs run elsewhere, or not yet: all are submitted before anybody waits.
    priority: 1
    conda:
        lambda wildcards: environment(wildcards.trained)
    resources:
        budget=lambda wildcards: pays(wildcards.trained),
    params:
        hyperparameters=lambda wildcards: hyperparameters(wildcards.trained),
        architecture=lambda wildcards: architecture(wildcards.trained),
        seed=lambda wildcards: study.training_seed(wildcards.trained),
        store=config["store"],
        prices=config["prices"],
        budget=config.get("budget"),
    script:
        "../scripts/submit_job.py"
