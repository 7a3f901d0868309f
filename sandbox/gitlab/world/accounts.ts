/** https://docs.gitlab.com/api/access_requests/#valid-access-levels */
export const accessLevels = { none: 0, guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50 } as const;
export type AccessLevel = keyof typeof accessLevels;

/** Of an access token (https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes). */
export type Scope = "api" | "read_api" | "read_user" | "read_repository" | "write_repository";

export interface AccountOptions {
  readonly username: string;
  readonly name: string;
  /** In the project; `none` does not even see it. */
  readonly access: AccessLevel;
  readonly admin?: boolean;
  readonly bot?: boolean;
  readonly email?: string;
}

export interface Account extends Required<AccountOptions> {
  readonly id: number;
}

export interface Token {
  readonly value: string;
  readonly account: Account;
  readonly scopes: readonly Scope[];
  revoked: boolean;
}

/** The bot and its second account, an administrator, and the people of the sandbox's Slack workspace. */
export const defaultAccounts: readonly AccountOptions[] = [
  { username: "root", name: "Administrator", access: "owner", admin: true },
  { username: "dfbot", name: "Dragonfly bot", access: "developer", bot: true },
  { username: "dfbot-approver", name: "Dragonfly bot (approver)", access: "developer", bot: true },
  { username: "ada", name: "Ada Lovelace", access: "developer" },
  { username: "grace", name: "Grace Hopper", access: "maintainer" },
  { username: "linus", name: "Linus Pauling", access: "maintainer" },
  { username: "mallory", name: "Mallory Outsider", access: "none" },
];

/** Who there is, and what each token is good for. */
export class Accounts {
  readonly all: readonly Account[];
  private readonly byToken = new Map<string, Token>();
  private made = 0;

  constructor(accounts: readonly AccountOptions[]) {
    this.all = accounts.map((account, index) => ({
      admin: false,
      bot: false,
      email: `${account.username}@example.com`,
      ...account,
      id: index + 1,
    }));
    for (const { username } of this.all) this.createToken(username, ["api"], tokenOf(username));
  }

  /** Throws when there is no such account: a mistake of the test. */
  named(username: string): Account {
    const account = this.find(username);
    if (account === undefined) throw new Error(`the sandbox's GitLab has no account ${username}`);
    return account;
  }

  /** User names are not case-sensitive in GitLab. */
  find(username: string): Account | undefined {
    return this.all.find((account) => account.username.toLowerCase() === username.toLowerCase());
  }

  createToken(username: string, scopes: readonly Scope[], value = `${tokenOf(username)}-${++this.made}`): string {
    this.byToken.set(value, { value, account: this.named(username), scopes, revoked: false });
    return value;
  }

  token(value: string): Token | undefined {
    return this.byToken.get(value);
  }

  revoke(value: string): void {
    const token = this.byToken.get(value);
    if (token !== undefined) token.revoked = true;
  }
}

export const tokenOf = (username: string) => `glpat-fake-${username}`;

/** Administrators may do everything. */
export function may(account: Account, level: AccessLevel): boolean {
  return account.admin || accessLevels[account.access] >= accessLevels[level];
}
