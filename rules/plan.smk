"""Plan: what the study would ask, train and pay, and the GPU hours and disk of its local models.

Nothing is sent, and no key is needed.

needs  <results>/prompts/<task>.parquet; prompts/judged/<property>.jsonl; the store, and what has been
       made so far
makes  nothing; it is printed
"""


localrules:
    plan,


rule plan:
    input:
        prompts=of_tasks("<results>/prompts/{task}.parquet"),
        by_hand=examples_of(study),
        code=code("plan.py"),
    log:
        "<results>/logs/plan.log",
    conda:
        "../envs/hosted.yaml"
    params:
        study=study.name,
        subjects=[plannable(subject) for subject in study.subjects],
        properties=PROPERTIES,
        judge=study.judge,
        judged=JUDGED,
        wrappers=study.wrappers,
        named=config["hypothetical"]["named"],
        examples=config["hypothetical"]["examples"],
        seed=study.seed,
        samples=config["samples"],
        drawn=DRAWN,
        draws=study.calibration["samples"] if CALIBRATED else 0,
        store=config["store"],
        prices=config["prices"],
        hardware=config["hardware"],
        budget=config.get("budget"),
        roles={name: task.role for name, task in study.tasks.items()},
        power=config["power"],
    script:
        "../scripts/plan.py"
