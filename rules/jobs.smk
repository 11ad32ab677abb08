"""Jobs: each training run is submitted under its key, before anybody waits for it.

needs  <results>/datasets/<trained>/, <results>/models/<base>.json
makes  <results>/jobs/<trained>.json; the intent in the store
"""


rule submit_job:
    input:
        base=lambda wildcards: base_model(wildcards.trained),
        train="<results>/datasets/{trained}/train.jsonl",
        validation="<results>/datasets/{trained}/validation.jsonl",
        code=code("submit_job.py"),
    output:
        job="<results>/jobs/{trained}.json",
    log:
        "<results>/logs/jobs/{trained}.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        hyperparameters=lambda wildcards: hyperparameters(wildcards.trained),
        architecture=lambda wildcards: architecture(wildcards.trained),
        seed=study.seed,
        store=config["store"],
    script:
        "../scripts/submit_job.py"
