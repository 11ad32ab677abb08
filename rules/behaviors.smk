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
    wildcard_constraints:
        subject=those(HERE),
    conda:
        lambda wildcards: environment(wildcards.subject)
    resources:
        gpu=lambda wildcards: gpus(wildcards.subject),
        gpu_model=lambda wildcards: gpu_model(wildcards.subject),
        mem_mb=lambda wildcards, attempt: memory_mb(wildcards.subject, attempt),
        runtime=lambda wildcards: minutes(wildcards.subject),
    params:
        sampling=lambda wildcards: study.sampling_of(wildcards.subject, "behaviors"),
        samples=config["samples"]["behaviors"],
        splits=lambda wildcards: study.splits(wildcards.subject),
        store=config["store"],
        prices=config["prices"],
        budget=config.get("budget"),
    script:
        "../scripts/sample_behaviors.py"


# Who is asked at a server, and who needs no machine, is asked from where snakemake runs.
use rule sample_behaviors as ask_behaviors with:
    wildcard_constraints:
        subject=those(ELSEWHERE),
    localrule: True
    resources:
        openai=lambda wildcards: asks("openai", wildcards.subject),
        together=lambda wildcards: asks("together", wildcards.subject),
        budget=lambda wildcards: pays(wildcards.subject),
