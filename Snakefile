"""inward: can a model predict its own behavior better than another that learnt the same facts?

The study is the configuration: config.yaml, or what --configfile names.
"""

from snakemake.utils import min_version

min_version("9.27")


# What --configfile names stands for itself; it is not mixed with config.yaml.
if not workflow.configfiles:

    configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/prompts.smk"
include: "rules/plan.smk"
include: "rules/behaviors.smk"
include: "rules/judgments.smk"
include: "rules/labels.smk"
include: "rules/datasets.smk"
include: "rules/jobs.smk"
include: "rules/models.smk"
include: "rules/predictions.smk"
include: "rules/scores.smk"
include: "rules/calibration.smk"
include: "rules/figures.smk"
include: "rules/audit.smk"


rule all:
    default_target: True
    input:
        collect("<results>/scores/{table}.parquet", table=SCORES),
        collect(
            "<results>/figures/{figure}.{form}", figure=PICTURES, form=["html", "svg"]
        ),
        "<results>/headline.txt",


rule prompts:
    input:
        collect("<results>/prompts/{task}.parquet", task=study.tasks),


rule behaviors:
    input:
        collect(
            "<results>/behaviors/{subject}/{task}.parquet",
            subject=study.targets,
            task=study.tasks,
        ),


rule judgments:
    input:
        collect(
            "<results>/judgments/{subject}/{task}.parquet",
            subject=study.targets,
            task=JUDGED,
        ),


rule labels:
    input:
        collect(
            "<results>/labels/{subject}/{task}.parquet",
            subject=study.targets,
            task=study.tasks,
        ),


rule datasets:
    input:
        collect("<results>/datasets/{trained}/dataset.json", trained=study.trained),


rule jobs:
    input:
        collect("<results>/jobs/{trained}.json", trained=study.trained),


rule finetunes:
    input:
        collect("<results>/models/{subject}.json", subject=study.subjects),


rule predictions:
    input:
        collect(
            "<results>/predictions/{subject}/{task}.parquet",
            subject=study.subjects,
            task=study.tasks,
        ),


rule draws:
    input:
        of_drawn("draws/behaviors", "behaviors"),
        of_drawn("draws/predictions", "predictions"),


rule scores:
    input:
        collect("<results>/scores/{table}.parquet", table=SCORES),


rule figures:
    input:
        collect(
            "<results>/figures/{figure}.{form}", figure=PICTURES, form=["html", "svg"]
        ),


onsuccess:
    if set(workflow.dag_settings.targets) <= {"all"}:
        print_headline()
