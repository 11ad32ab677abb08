"""Behaviors: what each subject answers to the object-level prompts.

needs  <results>/models/<subject>.json, or its base's where that behaves for it;
       <results>/prompts/<task>.parquet
makes  <results>/behaviors/<subject>/<task>.parquet; responses in the store. Of a model that is sampled
       in shards besides <results>/shards/behaviors/<subject>/<shard>-of-<shards>.json
"""


rule sample_behaviors:
    input:
        model=lambda wildcards: f"<results>/models/{study.actor(wildcards.subject)}.json",
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        shards=lambda wildcards: shards_of("behaviors", wildcards),
        code=code("sample_behaviors.py"),
    output:
        behaviors=of_tasks("<results>/behaviors/{subject}/{task}.parquet"),
    log:
        "<results>/logs/behaviors/{subject}.log",
    wildcard_constraints:
        subject=those([name for name in HERE if name not in SHARDED]),
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


# One of the jobs that have the store hold the answers of a model which is too slow for a single one.
use rule sample_behaviors as sample_shard_of_behaviors with:
    output:
        shard="<results>/shards/behaviors/{subject}/{shard}-of-{shards}.json",
    log:
        "<results>/logs/shards/behaviors/{subject}/{shard}-of-{shards}.log",
    wildcard_constraints:
        subject=those(SHARDED),
    params:
        share=lambda wildcards: [int(wildcards.shard), int(wildcards.shards)],


# Who is asked at a server, needs no machine, or has been asked in shards: where snakemake runs.
use rule sample_behaviors as ask_behaviors with:
    wildcard_constraints:
        subject=those([*ELSEWHERE, *SHARDED]),
    localrule: True
    resources:
        openai=lambda wildcards: asks("openai", wildcards.subject),
        together=lambda wildcards: asks("together", wildcards.subject),
        budget=lambda wildcards: pays(wildcards.subject),
