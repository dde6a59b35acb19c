import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadAll } from 'js-yaml';

const ROOT = join(__dirname, '..', '..');
const K8S = join(ROOT, 'infra', 'k8s');

/** A manifest, as far as these tests look into it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Labels };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own
  spec: any;
  stringData?: Record<string, string>;
}

export type Labels = Record<string, string>;

export interface Kustomization {
  kind: 'Kustomization' | 'Component';
  resources?: string[];
  components?: string[];
  configMapGenerator?: { name: string; envs?: string[]; literals?: string[] }[];
}

export function readInfra(path: string): string {
  return readFileSync(join(ROOT, 'infra', path), 'utf8');
}

export function parseInfra<Document>(path: string): Document[] {
  return loadAll(readInfra(path)) as Document[];
}

/** All files below infra/k8s, relative to infra. */
export function k8sFiles(): string[] {
  return readdirSync(K8S, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(ROOT, 'infra'), join(entry.parentPath, entry.name)))
    .sort();
}

export function isKustomization(file: string): boolean {
  return file.endsWith('/kustomization.yaml');
}

/** What is applied, of all files. */
export function manifests(): Manifest[] {
  const files = k8sFiles().filter((file) => file.endsWith('.yaml') && !isKustomization(file));
  return files.flatMap((file) => parseInfra<Manifest>(file));
}

/** The manifest of a kind and name. */
export function manifest(kind: string, name: string): Manifest {
  const found = manifests().find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  env?: { name: string }[];
  ports?: { name: string; containerPort: number }[];
  lifecycle?: { preStop: { exec: { command: string[] } } };
  securityContext: object;
  resources: { requests: object; limits: object };
  startupProbe: Probe;
  readinessProbe: Probe;
  livenessProbe: Probe;
}

interface Probe {
  httpGet: { path: string; port: string };
}

/** Deployments and Jobs: what has pods. */
export function workloads(): { manifest: Manifest; labels: Labels; container: Container }[] {
  return manifests()
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((one) => {
      const { metadata, spec } = one.spec.template;
      return { manifest: one, labels: metadata.labels, container: spec.containers[0] };
    });
}

/** Lines `NAME=value` of a file. */
export function variables(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name as string, value as string]),
  );
}
