"""Prompts: the object-level prompts of each task, named by digest and split.

needs  the files that tasks name: word lists and prompts in prompts/, files of your own; what a source
       has elsewhere is fetched once
makes  <results>/prompts/<task>.parquet; <results>/sources/<sha256>/<file>, kept in the store
"""


localrules:
    fetch_source,
    write_prompts,


rule fetch_source:
    input:
        code=code("fetch_source.py"),
    output:
        file="<results>/sources/{kept}",
    log:
        "<results>/logs/sources/{kept}.log",
    wildcard_constraints:
        kept="[0-9a-f]{64}/[A-Za-z0-9._-]+",
    conda:
        "../envs/pipeline.yaml"
    params:
        source=lambda wildcards: study.fetched[wildcards.kept],
        store=config["store"],
    script:
        "../scripts/fetch_source.py"


rule write_prompts:
    input:
        files=lambda wildcards: task_files([study.tasks[wildcards.task]]),
        code=code("write_prompts.py"),
    output:
        prompts="<results>/prompts/{task}.parquet",
    log:
        "<results>/logs/prompts/{task}.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        kind=lambda wildcards: study.tasks[wildcards.task].kind,
        settings=lambda wildcards: study.tasks[wildcards.task].settings,
        role=lambda wildcards: study.tasks[wildcards.task].role,
        shares=config["split"],
        seed=study.seed,
    script:
        "../scripts/write_prompts.py"
