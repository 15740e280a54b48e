import { createAbilityContext } from '../context.mjs';
import { strict } from '../unknown.mjs';

const delegator = strict('AbilityDelegator', { getAppContext: createAbilityContext });

/** What tests ask the system for; pages do not know it. */
export const abilityDelegatorRegistry = strict('abilityDelegatorRegistry', { getAbilityDelegator: () => delegator });
