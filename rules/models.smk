"""Models: how to call each subject, once there is something to call.

needs  trained subjects: <results>/jobs/<trained>.json. Others: a checkpoint, or nothing
makes  <results>/models/<subject>.json; weights in the store
"""


localrules:
    describe_model,


rule train_model:
    input:
        job="<results>/jobs/{trained}.json",
        train="<results>/datasets/{trained}/train.jsonl",
        validation="<results>/datasets/{trained}/validation.jsonl",
        base=lambda wildcards: base_model(wildcards.trained),
        code=code("train_model.py"),
    output:
        model="<results>/models/{trained}.json",
    log:
        "<results>/logs/models/{trained}.log",
    wildcard_constraints:
        trained=those([name for name in study.trained if name in HERE]),
    conda:
        lambda wildcards: environment(wildcards.trained)
    resources:
        gpu=lambda wildcards: gpus(wildcards.trained),
        gpu_model=lambda wildcards: gpu_model(wildcards.trained),
        mem_mb=lambda wildcards, attempt: memory_mb(wildcards.trained, attempt),
        runtime=lambda wildcards: minutes(wildcards.trained),
    params:
        dtype=lambda wildcards: study.root(wildcards.trained).settings.get("dtype"),
        store=config["store"],
    script:
        "../scripts/train_model.py"


# Who waits for a server needs no core, so all wait side by side, where snakemake runs.
use rule train_model as await_model with:
    wildcard_constraints:
        trained=those([name for name in study.trained if name in ELSEWHERE]),
    localrule: True
    threads: lambda wildcards: int(not hosted(wildcards.trained))
    resources:
        gpu=0,


rule describe_model:
    input:
        checkpoint=lambda wildcards: checkpoint_files(study.models[wildcards.given]),
        code=code("describe_model.py"),
    output:
        model="<results>/models/{given}.json",
    log:
        "<results>/logs/models/{given}.log",
    conda:
        lambda wildcards: environment(wildcards.given)
    params:
        settings=lambda wildcards: describable(study.models[wildcards.given]),
    script:
        "../scripts/describe_model.py"
