"""Calibration: many draws of behaviors and predictions, and how well their distributions fit.

needs  <results>/models/<subject>.json, <results>/prompts/<task>.parquet; labels of whom examples
       are shown; of targets and predictors <results>/{behaviors,labels,predictions}/...
makes  <results>/draws/{behaviors,predictions}/<subject>/<task>.parquet, responses in the store;
       <results>/scores/{calibration,calibration_bins}.parquet, <results>/figures/calibration.*
"""

# A study without `calibration` draws nothing, and has no such stage.
if CALIBRATED:

    use rule sample_behaviors as draw_behaviors with:
        input:
            model="<results>/models/{subject}.json",
            prompts=of_tasks("<results>/prompts/{task}.parquet", DRAWN),
            shards=lambda wildcards: shards_of("draws/behaviors", wildcards),
            code=code("sample_behaviors.py"),
        output:
            behaviors=of_tasks(
                "<results>/draws/behaviors/{subject}/{task}.parquet", DRAWN
            ),
        log:
            "<results>/logs/draws/behaviors/{subject}.log",
        wildcard_constraints:
            subject=those([name for name in HERE if name not in SHARDED]),
        params:
            sampling=lambda wildcards: sampling_of_draws(
                study, wildcards.subject, "behaviors"
            ),
            samples=study.calibration["samples"],
            splits=["test"],
            store=config["store"],
            prices=config["prices"],
            budget=config.get("budget"),

    use rule draw_behaviors as draw_shard_of_behaviors with:
        output:
            shard="<results>/shards/draws/behaviors/{subject}/{shard}-of-{shards}.json",
        log:
            "<results>/logs/shards/draws/behaviors/{subject}/{shard}-of-{shards}.log",
        wildcard_constraints:
            subject=those(SHARDED),
        params:
            share=lambda wildcards: [int(wildcards.shard), int(wildcards.shards)],

    use rule draw_behaviors as ask_draws_of_behaviors with:
        wildcard_constraints:
            subject=those([*ELSEWHERE, *SHARDED]),
        localrule: True
        resources:
            openai=lambda wildcards: asks("openai", wildcards.subject),
            together=lambda wildcards: asks("together", wildcards.subject),
            budget=lambda wildcards: pays(wildcards.subject),

    use rule sample_predictions as draw_predictions with:
        input:
            model="<results>/models/{subject}.json",
            prompts=of_tasks("<results>/prompts/{task}.parquet", DRAWN),
            labels=lambda wildcards: shown_to(wildcards.subject, study.wrappers[:1]),
            learnt=lambda wildcards: learnt_by(wildcards.subject),
            shards=lambda wildcards: shards_of("draws/predictions", wildcards),
            code=code("sample_predictions.py"),
        output:
            predictions=of_tasks(
                "<results>/draws/predictions/{subject}/{task}.parquet", DRAWN
            ),
        log:
            "<results>/logs/draws/predictions/{subject}.log",
        wildcard_constraints:
            subject=those([name for name in HERE if name not in SHARDED]),
        params:
            properties=DRAWN,
            wrappers=study.wrappers[:1],
            named=config["hypothetical"]["named"],
            examples=config["hypothetical"]["examples"],
            seed=study.seed,
            sampling=lambda wildcards: sampling_of_draws(
                study, wildcards.subject, "predictions"
            ),
            samples=study.calibration["samples"],
            store=config["store"],
            prices=config["prices"],
            budget=config.get("budget"),

    use rule draw_predictions as draw_shard_of_predictions with:
        output:
            shard="<results>/shards/draws/predictions/{subject}/{shard}-of-{shards}.json",
        log:
            "<results>/logs/shards/draws/predictions/{subject}/{shard}-of-{shards}.log",
        wildcard_constraints:
            subject=those(SHARDED),
        params:
            share=lambda wildcards: [int(wildcards.shard), int(wildcards.shards)],

    use rule draw_predictions as ask_draws_of_predictions with:
        wildcard_constraints:
            subject=those([*ELSEWHERE, *SHARDED]),
        localrule: True
        resources:
            openai=lambda wildcards: asks("openai", wildcards.subject),
            together=lambda wildcards: asks("together", wildcards.subject),
            budget=lambda wildcards: pays(wildcards.subject),

    rule score_calibration:
        input:
            drawn_behaviors=of_drawn("draws/behaviors", "behaviors"),
            drawn_predictions=of_drawn("draws/predictions", "predictions"),
            behaviors=of_drawn("behaviors", "behaviors"),
            labels=of_drawn("labels", "behaviors"),
            predictions=of_drawn("predictions", "predictions"),
            prompts=of_tasks("<results>/prompts/{task}.parquet", DRAWN),
            code=code("score_calibration.py"),
        output:
            calibration_table="<results>/scores/calibration.parquet",
            bins_table="<results>/scores/calibration_bins.parquet",
        log:
            "<results>/logs/calibration.log",
        localrule: True
        conda:
            "../envs/pipeline.yaml"
        params:
            pairs=[vars(pair) for pair in CALIBRATED],
            roles={name: study.tasks[name].role for name in DRAWN},
            properties=DRAWN,
            wrapper=study.wrappers[0],
            bootstrap={**config["bootstrap"], "seed": study.seed},
            note=study.note,
        script:
            "../scripts/score_calibration.py"

    rule draw_calibration:
        input:
            calibration="<results>/scores/calibration.parquet",
            bins="<results>/scores/calibration_bins.parquet",
            code=code("draw_calibration.py"),
        output:
            page="<results>/figures/calibration.html",
            picture="<results>/figures/calibration.svg",
        log:
            "<results>/logs/figures/calibration.log",
        localrule: True
        conda:
            "../envs/pipeline.yaml"
        params:
            study=study.title,
            draws=study.calibration["samples"],
        script:
            "../scripts/draw_calibration.py"
