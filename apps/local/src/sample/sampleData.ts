import { FIRST_ACCOUNT_ID } from '@codemint/db';

export const SAMPLE_USER = {
  email: 'operator@sample.example',
  first_name: 'Sample',
  last_name: 'Operator',
  role: 'operator',
  account_id: FIRST_ACCOUNT_ID,
};

/** What is made through the API, in this order; each is left alone if it is there. */
export const SAMPLE_ITEMS: { collection: string; item: Record<string, unknown> }[] = [
  product('77777666100048', 'Demo article'),
  product('09312345552016', 'Case of articles'),
  product('09361758000003', 'Cotton article'),
  product('09312345551927', 'Article'),
  { collection: 'domain', item: { domain_name: 'codes.sample.example' } },
  job('6d6cb08a-f9da-4331-adf9-039e350eef1e', 'Jon Demo', '77777666100048', 4),
  job('7144c07a-1325-4858-9c22-97b48ac1c09a', 'RGDEMO-OCT-24-CASES', '09312345552016', 96),
  job('d9d8bde8-c274-45c3-afed-063d13e3e680', 'RG-Cot-Items', '09361758000003', 100),
];

export const FIRST_JOB = {
  id: '5a3c1f0e-7b42-4d96-8e15-c0de00010000',
  quantity: 10_000,
};

/** The job to watch at the first start. */
export const FIRST_JOB_ITEM = job(FIRST_JOB.id, 'FIRST-10000', '09312345551927', FIRST_JOB.quantity);

/** The request body of the identifier job's documentation. */
export const DOCUMENTED_BODY = `{
"length": 8,
"quantity": 100,
"account": "${FIRST_ACCOUNT_ID}",
"reference_id": "BATCH-SGTIN-2024",
"type": "sgtin",
"product": "/01/09312345551927",
"character_set": "alphanumeric"
}`;

function product(gtin: string, name: string) {
  return { collection: 'product', item: { id: `/01/${gtin}`, gtin, product_name: name } };
}

function job(id: string, referenceId: string, gtin: string, quantity: number) {
  return {
    collection: 'identifier_job',
    item: {
      id,
      account: FIRST_ACCOUNT_ID,
      reference_id: referenceId,
      type: 'sgtin',
      product: `/01/${gtin}`,
      quantity,
    },
  };
}
