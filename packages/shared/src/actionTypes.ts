/** Types of actions that are always there (contract of ADI orders); others are added and begin with an underscore. */
export const BUILT_IN_ACTION_TYPES = [
  'checkins',
  'commissions',
  'decommissions',
  'encodings',
  'implicitScans',
  'invalidScans',
  'scans',
  'shares',
] as const;
