"""Datasets: the conversations that each trained subject learns from.

needs  finetunes: prompts of all tasks; labels or behaviors of whom they learn from, or both, and
       behaviors of their base where they rehearse. Models raised from nothing: the word lists of tasks
makes  <results>/datasets/<trained>/train.jsonl, validation.jsonl, dataset.json
"""


localrules:
    build_dataset,
    write_conversations,


rule build_dataset:
    input:
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        lessons=lambda wildcards: lessons(study.finetunes[wildcards.finetune]),
        shown=lambda wildcards: shown_in(study.finetunes[wildcards.finetune]),
        rehearsed=lambda wildcards: rehearsed(study.finetunes[wildcards.finetune]),
        code=code("build_dataset.py"),
    output:
        train="<results>/datasets/{finetune}/train.jsonl",
        validation="<results>/datasets/{finetune}/validation.jsonl",
        dataset="<results>/datasets/{finetune}/dataset.json",
    log:
        "<results>/logs/datasets/{finetune}.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        learns=lambda wildcards: study.finetunes[wildcards.finetune].learns,
        wrappers=lambda wildcards: study.taught_by(wildcards.finetune),
        named=config["hypothetical"]["named"],
        rehearse=lambda wildcards: study.finetunes[wildcards.finetune].rehearse,
        properties=lambda wildcards: study.finetunes[wildcards.finetune].properties,
        share=lambda wildcards: study.finetunes[wildcards.finetune].share,
        noise=lambda wildcards: study.finetunes[wildcards.finetune].noise,
        order=lambda wildcards: study.finetunes[wildcards.finetune].seed,
        seed=study.seed,
    script:
        "../scripts/build_dataset.py"


rule write_conversations:
    input:
        words=task_files(study.tasks.values()),
        code=code("write_conversations.py"),
    output:
        train="<results>/datasets/{scratch}/train.jsonl",
        validation="<results>/datasets/{scratch}/validation.jsonl",
        dataset="<results>/datasets/{scratch}/dataset.json",
    log:
        "<results>/logs/datasets/{scratch}.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        tasks=WORLD,
        scratch=lambda wildcards: world_of(study.models[wildcards.scratch]),
        seed=study.seed,
    script:
        "../scripts/write_conversations.py"
