"""Behaviors: what each subject answers to the object-level prompts.

needs  <results>/models/<subject>.json, or its base's where that behaves for it;
       <results>/prompts/<task>.parquet
makes  <results>/behaviors/<subject>/<task>.parquet; responses in the store
"""


rule sample_behaviors:
    input:
        model=lambda wildcards: f"<results>/models/{study.actor(wildcards.subject)}.json",
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        code=code("sample_behaviors.py"),
    output:
        behaviors=of_tasks("<results>/behaviors/{subject}/{task}.parquet"),
    log:
        "<results>/logs/behaviors/{subject}.log",
    conda:
        lambda wildcards: environment(wildcards.subject)
    resources:
        openai=lambda wildcards: asks("openai", wildcards.subject),
        together=lambda wildcards: asks("together", wildcards.subject),
        budget=lambda wildcards: pays(wildcards.subject),
    params:
        sampling=lambda wildcards: study.sampling_of(wildcards.subject, "behaviors"),
        samples=config["samples"]["behaviors"],
        splits=lambda wildcards: study.splits(wildcards.subject),
        store=config["store"],
        prices=config["prices"],
        budget=config.get("budget"),
    script:
        "../scripts/sample_behaviors.py"
