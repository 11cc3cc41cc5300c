import type { Manifest } from '@storecast/shared/contracts'

/** `card.md`: what the model is for, what it was trained on and how well it does, for people. */
export function modelCard(manifest: Omit<Manifest, 'files'>, scores: string): string {
  const { definition, lineage, quantization, precision } = manifest
  const { metadata, spec } = definition
  const names = [...new Set([...Object.keys(manifest.metrics), ...Object.keys(manifest.baseline)])]
  const figure = (value: number | undefined) =>
    value === undefined ? '–' : Number.isInteger(value) ? `${value}` : value.toFixed(4)
  const size = quantization
    ? `${precision} (${quantization.scheme}), ${quantization.bytesInt8} bytes; ${quantization.bytesFloat32} in float32`
    : precision
  return `# ${metadata.name}

${metadata.description}

- Network: ${spec.network.kind}, view ${spec.view.kind}, horizon ${spec.horizon}, quantiles ${spec.quantiles.join(', ')}
- Precision: ${size}
- Trained ${lineage.trainedAt} in ${lineage.seconds.toFixed(1)} s by storecast ${lineage.storecast}
- Data: ${lineage.dataset.rows} rows, ${lineage.dataset.from} to ${lineage.dataset.to}, SHA-256 ${lineage.dataset.sha256}
- Licence: ${spec.licence}

## Scores

${scores}

| | this model | baseline |
|---|---|---|
${names.map((name) => `| ${name} | ${figure(manifest.metrics[name])} | ${figure(manifest.baseline[name])} |`).join('\n')}
`
}
