import type { CodeFormat } from './codeFormat';

/** More in one event some receivers do not take. */
const EPCS_AN_EVENT = 1_000;

const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';

/**
 * An EPCIS 2.0 document (JSON-LD) by which codes come into being: ObjectEvents that add them, identifiers as GS1 Digital
 * Link URIs. Where it happened is not known here.
 */
export const EPCIS = {
  name: 'epcis',
  description: `an EPCIS 2.0 document in JSON-LD: commissioning events of at most ${EPCS_AN_EVENT} Digital Links each`,
  contentType: 'application/ld+json',
  extension: 'jsonld',
  columns: ['digital_link'],
  mostColumns: 0,
  isOfGs1Keys: true,
  open(_columns, created) {
    const head = `{"@context":["${CONTEXT}"],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"${created.toISOString()}","epcisBody":{"eventList":[`;
    const tail = ']}}';
    return {
      rows: {
        head,
        separator: ',',
        tail,
        empty: head + tail,
        isVerbatim: true,
        row: (item) => JSON.stringify(Object.values(item as object)[0]),
      },
      groups: { most: EPCS_AN_EVENT, head: eventHead, tail: ']}', separator: ',' },
    };
  },
} as const satisfies CodeFormat;

function eventHead(made: Date): string {
  const event = {
    type: 'ObjectEvent',
    action: 'ADD',
    bizStep: 'commissioning',
    disposition: 'active',
    eventTime: made.toISOString(),
    eventTimeZoneOffset: '+00:00',
    epcList: [],
  };
  return JSON.stringify(event).slice(0, -']}'.length);
}
