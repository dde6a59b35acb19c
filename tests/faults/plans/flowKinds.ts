/** What clients do, one after the other within a flow; many flows run at once. */
export const FLOW_KINDS = [
  'sgtin jobs of one GTIN',
  'GRAI, SSCC and short codes',
  'job that is deleted',
  'job whose caller gives up',
  'order with generated ids',
  'order with short links',
  'order with supplied ids, then events',
  'reservation',
  'request that is sent twice',
  'import',
  'request that is refused',
] as const;

export type FlowKind = (typeof FLOW_KINDS)[number];
