/** What the app's manifest asks for, beside scopes and commands. */
export interface InstalledApp {
  /** features.app_home.home_tab_enabled; without it views.publish is refused. */
  readonly homeTab: boolean;
  /** features.app_home.messages_tab_enabled; without it the bot cannot write direct messages. */
  readonly messagesTab: boolean;
  /** settings.event_subscriptions.bot_events: Slack sends no other event. */
  readonly botEvents: readonly string[];
}
