"""Scores: the whole predictor x target matrix, and what self-prediction has over cross-prediction.

needs  <results>/{behaviors,labels,predictions}/<subject>/<task>.parquet,
       <results>/prompts/<task>.parquet
makes  <results>/scores/{items,accuracy,advantage,pairs,similarity,power}.parquet,
       <results>/headline.txt; where there is a judge, <results>/scores/agreement.parquet
"""


rule score:
    input:
        labels=collect(
            "<results>/labels/{subject}/{task}.parquet",
            subject=study.targets,
            task=study.tasks,
        ),
        predictions=collect(
            "<results>/predictions/{subject}/{task}.parquet",
            subject=study.subjects,
            task=study.tasks,
        ),
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        code=code("score.py"),
    output:
        items_table="<results>/scores/items.parquet",
        accuracy_table="<results>/scores/accuracy.parquet",
        advantage_table="<results>/scores/advantage.parquet",
    log:
        "<results>/logs/scores.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        roles={name: task.role for name, task in study.tasks.items()},
        comparisons=[vars(comparison) for comparison in study.comparisons],
        bootstrap={**config["bootstrap"], "seed": study.seed},
    script:
        "../scripts/score.py"


rule score_pairs:
    input:
        items_table="<results>/scores/items.parquet",
        behaviors=collect(
            "<results>/behaviors/{subject}/{task}.parquet",
            subject=study.targets,
            task=study.tasks,
        ),
        predictions=collect(
            "<results>/predictions/{subject}/{task}.parquet",
            subject=study.targets,
            task=study.tasks,
        ),
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        code=code("score_pairs.py"),
    output:
        pairs_table="<results>/scores/pairs.parquet",
        similarity_table="<results>/scores/similarity.parquet",
    log:
        "<results>/logs/pairs.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        relations={
            target: {
                predictor: kinship(study, predictor, target)
                for predictor in study.targets
            }
            for target in study.targets
        },
        confidence=config["bootstrap"]["confidence"],
    script:
        "../scripts/score_pairs.py"


rule score_power:
    input:
        items_table="<results>/scores/items.parquet",
        code=code("score_power.py"),
    output:
        table="<results>/scores/power.parquet",
    log:
        "<results>/logs/power.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        comparisons=[vars(comparison) for comparison in study.comparisons],
        aim=config["power"],
    script:
        "../scripts/score_power.py"


rule write_headline:
    input:
        advantage="<results>/scores/advantage.parquet",
        figures=collect("<results>/figures/{figure}.html", figure=FIGURES),
        code=code("write_headline.py"),
    output:
        text="<results>/headline.txt",
    log:
        "<results>/logs/headline.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        study=study.title,
        wrapper=study.wrappers[0],
    script:
        "../scripts/write_headline.py"


if JUDGED:

    rule score_agreement:
        input:
            examples="<results>/scores/examples.parquet",
            code=code("score_agreement.py"),
        output:
            table="<results>/scores/agreement.parquet",
        log:
            "<results>/logs/agreement.log",
        conda:
            "../envs/pipeline.yaml"
        params:
            confidence=config["bootstrap"]["confidence"],
        script:
            "../scripts/score_agreement.py"
