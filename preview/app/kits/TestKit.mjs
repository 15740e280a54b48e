import { createAbilityContext } from '../context.mjs';
import { strict } from '../unknown.mjs';

const delegator = strict('AbilityDelegator', { getAppContext: createAbilityContext });

/** The system's test functions; pages do not use them. */
export const abilityDelegatorRegistry = strict('abilityDelegatorRegistry', { getAbilityDelegator: () => delegator });
