"""Scores: the whole predictor x target matrix, and what self-prediction has over cross-prediction.

needs  <results>/{behaviors,labels,predictions}/<subject>/<task>.parquet,
       <results>/prompts/<task>.parquet
       <results>/datasets/<finetune>/dataset.json
makes  <results>/scores/{items,accuracy,advantage,interaction,pairs,similarity,power}.parquet,
       <results>/headline.txt; where there is a judge, <results>/scores/agreement.parquet; where a
       study has something for it, all of items,
       <results>/scores/{own_target,change,scaling,generalization,drift,seeds}.parquet
"""


localrules:
    score,
    score_interaction,
    score_pairs,
    score_power,
    write_headline,
    score_own_target,
    score_change,
    score_scaling,
    score_generalization,
    score_drift,
    score_seeds,


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
    threads: 2
    params:
        roles={name: task.role for name, task in study.tasks.items()},
        comparisons=[vars(comparison) for comparison in study.comparisons],
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score.py"


rule score_interaction:
    input:
        items_table="<results>/scores/items.parquet",
        code=code("score_interaction.py"),
    output:
        table="<results>/scores/interaction.parquet",
    log:
        "<results>/logs/interaction.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        comparisons=[vars(comparison) for comparison in study.comparisons],
        roots={subject: study.root(subject).name for subject in study.subjects},
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score_interaction.py"


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
        note=study.note,
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
        note=study.note,
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


rule score_own_target:
    input:
        items_table="<results>/scores/items.parquet",
        code=code("score_own_target.py"),
    output:
        table="<results>/scores/own_target.parquet",
    log:
        "<results>/logs/own_target.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        pairs=EXPERIMENTS["own_target"],
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score_own_target.py"


rule score_change:
    input:
        items_table="<results>/scores/items.parquet",
        code=code("score_change.py"),
    output:
        table="<results>/scores/change.parquet",
    log:
        "<results>/logs/change.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        changes=EXPERIMENTS["change"],
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score_change.py"


rule score_scaling:
    input:
        items_table="<results>/scores/items.parquet",
        datasets=collect(
            "<results>/datasets/{finetune}/dataset.json",
            finetune=[one["finetune"] for one in EXPERIMENTS["scaling"]],
        ),
        code=code("score_scaling.py"),
    output:
        table="<results>/scores/scaling.parquet",
    log:
        "<results>/logs/scaling.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        shares=EXPERIMENTS["scaling"],
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score_scaling.py"


rule score_generalization:
    input:
        items_table="<results>/scores/items.parquet",
        code=code("score_generalization.py"),
    output:
        table="<results>/scores/generalization.parquet",
    log:
        "<results>/logs/generalization.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        comparisons=[vars(one) for one in EXPERIMENTS["generalization"]],
        lessons=arms.lessons(study, EXPERIMENTS["generalization"]),
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score_generalization.py"


rule score_drift:
    input:
        items_table="<results>/scores/items.parquet",
        behaviors=collect(
            "<results>/behaviors/{subject}/{task}.parquet",
            subject=sorted(
                {
                    one[side]
                    for one in EXPERIMENTS["drift"]
                    for side in ("finetune", "base")
                }
            ),
            task=study.tasks,
        ),
        code=code("score_drift.py"),
    output:
        table="<results>/scores/drift.parquet",
    log:
        "<results>/logs/drift.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        finetunes=EXPERIMENTS["drift"],
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score_drift.py"


rule score_seeds:
    input:
        items_table="<results>/scores/items.parquet",
        code=code("score_seeds.py"),
    output:
        table="<results>/scores/seeds.parquet",
    log:
        "<results>/logs/seeds.log",
    conda:
        "../envs/pipeline.yaml"
    params:
        comparisons=[vars(one) for one in EXPERIMENTS["seeds"]],
        families=arms.families(study),
        bootstrap={**config["bootstrap"], "seed": study.seed},
        note=study.note,
    script:
        "../scripts/score_seeds.py"


if JUDGED:

    rule score_agreement:
        input:
            examples="<results>/scores/examples.parquet",
            code=code("score_agreement.py"),
        output:
            table="<results>/scores/agreement.parquet",
        log:
            "<results>/logs/agreement.log",
        localrule: True
        conda:
            "../envs/pipeline.yaml"
        params:
            confidence=config["bootstrap"]["confidence"],
            note=study.note,
        script:
            "../scripts/score_agreement.py"
