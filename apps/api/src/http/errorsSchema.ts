import { z } from 'zod';

/** The envelope of errors of the items dialect, for the API's description. */
export const errorsSchema = z
  .object({
    errors: z.array(
      z.object({
        message: z.string(),
        extensions: z.looseObject({ code: z.string().meta({ example: 'FAILED_VALIDATION' }) }),
      }),
    ),
  })
  .meta({ id: 'errors' });
