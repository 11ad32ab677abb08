"""Predictions: what each subject answers to the hypothetical questions, whoever the target is.

needs  <results>/models/<subject>.json, <results>/prompts/<task>.parquet; labels of whom examples
       are shown, or whom a baseline has learnt from
makes  <results>/predictions/<subject>/<task>.parquet; responses in the store
"""


rule sample_predictions:
    input:
        model="<results>/models/{subject}.json",
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        labels=lambda wildcards: shown_to(wildcards.subject, study.wrappers),
        learnt=lambda wildcards: learnt_by(wildcards.subject),
        code=code("sample_predictions.py"),
    output:
        predictions=of_tasks("<results>/predictions/{subject}/{task}.parquet"),
    log:
        "<results>/logs/predictions/{subject}.log",
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


# Who is asked at a server, and who needs no machine, is asked from where snakemake runs.
use rule sample_predictions as ask_predictions with:
    wildcard_constraints:
        subject=those(ELSEWHERE),
    localrule: True
    resources:
        openai=lambda wildcards: asks("openai", wildcards.subject),
        together=lambda wildcards: asks("together", wildcards.subject),
        budget=lambda wildcards: pays(wildcards.subject),
