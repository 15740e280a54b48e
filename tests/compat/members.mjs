const BOTH = ['promise', 'callback'];

/**
 * The members of each class as OpenHarmony's declarations list them up to API 26, with the forms of each: `npm run check`, in
 * `preview`, compares them with those of the SDK.
 */
export const SYSTEM_MEMBERS = {
  TCPSocketServer: {
    listen: BOTH, close: ['promise'], getState: BOTH, setExtraOptions: BOTH, getLocalAddress: ['promise'],
    on: ['promise'], off: ['promise'], getSocketFd: ['promise'],
  },
  TCPSocketConnection: {
    clientId: ['promise'], send: BOTH, close: BOTH, getRemoteAddress: BOTH, getLocalAddress: ['promise'],
    on: ['promise'], off: ['promise'], getSocketFd: ['promise'],
  },
  TCPSocket: {
    bind: BOTH, connect: BOTH, send: BOTH, close: BOTH, getRemoteAddress: BOTH, getState: BOTH, getSocketFd: BOTH,
    setExtraOptions: BOTH, getLocalAddress: ['promise'], on: ['promise'], off: ['promise'],
  },
};
