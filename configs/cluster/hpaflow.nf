// A flow under Nextflow.
//
//   nextflow run configs/cluster/hpaflow.nf --flow /path/rgby-shards.flow \
//     --settings '--set input=/path/plates --set output=/path/shards'
//
// Paths are absolute: each task has a folder of its own.
params.settings = ''

process units {
    output: stdout
    script: "hpaflow units ${params.flow} ${params.settings} --missing"
}

process unit {
    errorStrategy 'retry'
    maxRetries 3
    input: val n
    output: val n
    script: "hpaflow run ${params.flow} ${params.settings} --unit ${n} --progress plain"
}

process finish {
    input: val done
    script: "hpaflow finish ${params.flow} ${params.settings} || [ \$? -eq 3 ]"
}

workflow {
    units()
    unit(units.out.splitText().map { it.trim() }.filter { it })
    finish(unit.out.collect().ifEmpty([]))
}
