"""Predictions: what each subject answers to the hypothetical questions, whoever the target is.

needs  <results>/models/<subject>.json, <results>/prompts/<task>.parquet; labels of whom examples
       are shown, or whom a baseline has learnt from
makes  <results>/predictions/<subject>/<task>.parquet; responses in the store. Of a model that is
       sampled in shards besides <results>/shards/predictions/<subject>/<shard>-of-<shards>.json
"""


rule sample_predictions:
    input:
        model="<results>/models/{subject}.json",
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        labels=lambda wildcards: shown_to(wildcards.subject, study.wrappers),
        learnt=lambda wildcards: learnt_by(wildcards.subject),
        shards=lambda wildcards: shards_of("predictions", wildcards),
        code=code("sample_predictions.py"),
    output:
        predictions=of_tasks("<results>/predictions/{subject}/{task}.parquet"),
    log:
        "<results>/logs/predictions/{subject}.log",
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
        properties=PROPERTIES,
        wrappers=study.wrappers,
        named=config["hypothetical"]["named"],
        examples=config["hypothetical"]["examples"],
        seed=study.seed,
        sampling=lambda wildcards: study.sampling_of(wildcards.subject, "predictions"),
        samples=config["samples"]["predictions"],
        store=config["store"],
        prices=config["prices"],
        budget=config.get("budget"),
    script:
        "../scripts/sample_predictions.py"


# One of the jobs that have the store hold the answers of a model which is too slow for a single one.
use rule sample_predictions as sample_shard_of_predictions with:
    output:
        shard="<results>/shards/predictions/{subject}/{shard}-of-{shards}.json",
    log:
        "<results>/logs/shards/predictions/{subject}/{shard}-of-{shards}.log",
    wildcard_constraints:
        subject=those(SHARDED),
    params:
        share=lambda wildcards: [int(wildcards.shard), int(wildcards.shards)],


# Who is asked at a server, needs no machine, or has been asked in shards: where snakemake runs.
use rule sample_predictions as ask_predictions with:
    wildcard_constraints:
        subject=those([*ELSEWHERE, *SHARDED]),
    localrule: True
    resources:
        openai=lambda wildcards: asks("openai", wildcards.subject),
        together=lambda wildcards: asks("together", wildcards.subject),
        budget=lambda wildcards: pays(wildcards.subject),
