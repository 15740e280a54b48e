// Types of those configuration files that @arkts/types has none for.

/** `AppScope/app.json5`. */
export interface AppJson5 {
  app: {
    bundleName: `${string}.${string}.${string}`;
    vendor?: string;
    versionCode: number;
    versionName: string;
    icon: `$media:${string}`;
    label: `$string:${string}`;
    configuration?: `$profile:${string}`;
  };
}

/** What `configuration` of `AppScope/app.json5` names: how the app's fonts follow the system's. */
export interface AppConfiguration {
  configuration: {
    fontSizeScale?: 'followSystem' | 'nonFollowSystem';
    fontSizeMaxScale?: '1' | '1.15' | '1.3' | '1.45' | '1.75' | '2' | '3.2';
  };
}

/** `hvigor/hvigor-config.json5`. */
export interface HvigorConfig {
  modelVersion: string;
  dependencies: Record<string, string>;
  execution?: Record<string, boolean | string>;
  logging?: Record<string, string>;
  debugging?: Record<string, boolean>;
  nodeOptions?: Record<string, number | boolean>;
}

/** A layered icon among the media resources. */
export interface LayeredImage {
  'layered-image': {
    background: `$media:${string}`;
    foreground: `$media:${string}`;
  };
}

/** A list of pages among the profile resources. */
export interface PageList {
  src: `pages/${string}`[];
}

/** `code-linter.json5`. */
export interface CodeLinter {
  files: string[];
  ignore: string[];
  ruleSet: `plugin:@${string}/${string}`[];
}

/** Pages of the ability in which hvigor runs tests. */
export interface TestPageList {
  src: `testability/pages/${string}`[];
}
