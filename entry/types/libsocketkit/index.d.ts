export interface NetAddress {
  address: string;
  family?: number;
  port?: number;
}

export interface TCPConnectOptions {
  address: NetAddress;
  timeout?: number;
}

export interface TCPSendOptions {
  data: string | ArrayBuffer;
  encoding?: string;
}

export interface SocketStateBase {
  isBound: boolean;
  isClose: boolean;
  isConnected: boolean;
}

export interface SocketRemoteInfo {
  address: string;
  family: 'IPv4' | 'IPv6';
  port: number;
  size: number;
}

export interface SocketMessageInfo {
  message: ArrayBuffer;
  remoteInfo: SocketRemoteInfo;
}

export interface SocketError {
  name: string;
  message: string;
  stack?: string;
  code: number;
}

export declare function constructTCPSocketServerInstance(): TCPSocketServer;

export declare function constructTCPSocketInstance(): TCPSocket;

export declare class TCPSocketServer {
  listen(address: NetAddress): Promise<void>;
  listen(address: NetAddress, callback: (error: SocketError, data: void) => void): void;
  getState(): Promise<SocketStateBase>;
  getState(callback: (error: SocketError, data: SocketStateBase) => void): void;
  getLocalAddress(): Promise<NetAddress>;
  close(): Promise<void>;
  on(type: 'connect', callback: (value: TCPSocketConnection) => void): void;
  on(type: 'error', callback: (error: SocketError) => void): void;
  off(type: 'connect', callback?: (value: TCPSocketConnection) => void): void;
  off(type: 'error', callback?: (error: SocketError) => void): void;
}

export declare class TCPSocketConnection {
  readonly clientId: number;
  send(options: TCPSendOptions): Promise<void>;
  send(options: TCPSendOptions, callback: (error: SocketError, data: void) => void): void;
  close(): Promise<void>;
  close(callback: (error: SocketError, data: void) => void): void;
  getRemoteAddress(): Promise<NetAddress>;
  getRemoteAddress(callback: (error: SocketError, data: NetAddress) => void): void;
  getLocalAddress(): Promise<NetAddress>;
  on(type: 'message', callback: (value: SocketMessageInfo) => void): void;
  on(type: 'close', callback: (value: void) => void): void;
  on(type: 'error', callback: (error: SocketError) => void): void;
  off(type: 'message', callback?: (value: SocketMessageInfo) => void): void;
  off(type: 'close', callback?: (value: void) => void): void;
  off(type: 'error', callback?: (error: SocketError) => void): void;
}

export declare class TCPSocket {
  bind(address: NetAddress): Promise<void>;
  bind(address: NetAddress, callback: (error: SocketError, data: void) => void): void;
  connect(options: TCPConnectOptions): Promise<void>;
  connect(options: TCPConnectOptions, callback: (error: SocketError, data: void) => void): void;
  send(options: TCPSendOptions): Promise<void>;
  send(options: TCPSendOptions, callback: (error: SocketError, data: void) => void): void;
  close(): Promise<void>;
  close(callback: (error: SocketError, data: void) => void): void;
  getRemoteAddress(): Promise<NetAddress>;
  getRemoteAddress(callback: (error: SocketError, data: NetAddress) => void): void;
  getLocalAddress(): Promise<NetAddress>;
  getState(): Promise<SocketStateBase>;
  getState(callback: (error: SocketError, data: SocketStateBase) => void): void;
  on(type: 'message', callback: (value: SocketMessageInfo) => void): void;
  on(type: 'connect' | 'close', callback: (value: void) => void): void;
  on(type: 'error', callback: (error: SocketError) => void): void;
  off(type: 'message', callback?: (value: SocketMessageInfo) => void): void;
  off(type: 'connect' | 'close', callback?: (value: void) => void): void;
  off(type: 'error', callback?: (error: SocketError) => void): void;
}
