"""Prompts: the object-level prompts of each task, named by digest and split.

needs  word lists in prompts/
makes  <results>/prompts/<task>.parquet
"""


rule write_prompts:
    input:
        words=lambda wildcards: word_lists([study.tasks[wildcards.task]]),
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
