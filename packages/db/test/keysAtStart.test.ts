import { KeyRing, SettingsError } from '@codemint/shared';
import { proveKeys, retireKey } from '../src';
import { masterKey, order, orderJob, ringOf, useInstallation } from './support';

const installation = useInstallation('test');

const prove = (ring: KeyRing) => proveKeys(installation.database.pool, ring);

/** One version alone, under another key than before. */
const mistaken = (version: number) => new KeyRing(new Map([[version, masterKey(version, 'mistake')]]));

test('an installation without codes takes any keys', async () => {
  await prove(ringOf(3));
  const sscc = { type: 'sscc', ssccCompanyPrefix: '931234555', quantity: 1 } as const;
  await orderJob(installation.database, ringOf(3), sscc);
  await prove(ringOf(1));
});

test('every version with pools has to be there, and to be the key that made them', async () => {
  for (const version of [1, 2]) {
    await order(installation.database, ringOf(version), await installation.addProduct(), { quantity: 1 });
  }
  await retireKey(installation.database, ringOf(1, 2), 1);
  const ring = ringOf(1, 2, 7);
  await prove(ring);
  expect([...ring.proven].sort()).toEqual([1, 2]);

  await expect(prove(ringOf(2, 3))).rejects.toThrow(SettingsError);
  await expect(prove(ringOf(2, 3))).rejects.toThrow(
    'Master key version 1 is missing from CODEMINT_MASTER_KEYS: codes were made with it. Nothing is started before ' +
      'CODEMINT_MASTER_KEYS has every version that was ever used.',
  );
  await expect(prove(mistaken(2))).rejects.toThrow(
    /^Master key version 1 is missing .* Master key version 2 does not make the codes that pool \d+ was opened with: /,
  );
});

test('a version of orders and events that has no pool has to be there', async () => {
  const { prisma } = installation.database;
  const namespace = await installation.addProduct();
  const { batchId } = await order(installation.database, ringOf(1), namespace, { quantity: 1 });
  const { account_id } = await prisma.batch.findUniqueOrThrow({ where: { id: batchId } });
  await prisma.adi_order.create({
    data: {
      id: 'UKGwQrgHq3QaqsRa',
      account_id: account_id as string,
      purchase_order: 'PO',
      quantity: 1,
      identifier_key: 'lot',
      batch_id: batchId,
      metadata: {},
      key_version: 4,
    },
  });
  await expect(prove(ringOf(1))).rejects.toThrow(
    /^Master key version 4 is missing from CODEMINT_MASTER_KEYS: orders have ids of it\. /,
  );
  await prove(ringOf(1, 4));
});
