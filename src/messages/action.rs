//! Actions of the user. One table holds the id for the keymap, the words for footer and palette,
//! the line for the help,
//! whether the action writes, and what it needs.

/// What must be selected for an action to be available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionNeeds {
    /// Nothing.
    Nothing,
    /// A selected row.
    Selection,
}

/// The row of an action in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionSpec {
    /// Id in the keymap, such as `fleet.synchronize`.
    pub id: &'static str,
    /// One or two words for the footer.
    pub short: &'static str,
    /// One line for the help and the palette.
    pub help: &'static str,
    /// Whether the action changes something outside. Read-only mode refuses such actions.
    pub writes: bool,
    /// What must be selected.
    pub needs: ActionNeeds,
    /// Position in the footer: lower ranks come first, and rank 0 is not shown.
    pub rank: u8,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $group:ident($name:ident) {
        $($variant:ident = $id:literal, $short:literal, $help:literal, $writes:expr, $needs:ident, $rank:literal;)+
    })+) => {
        /// An action of the user, by the part of the console that performs it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $group($name),)+ }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum $name { $(#[doc = $help] $variant,)+ }
        )+

        impl Action {
            /// All actions, in the order of the help.
            pub const ALL: &'static [Self] = &[$($(Self::$group($name::$variant),)+)+];

            /// Returns the action's row of the table.
            pub const fn spec(self) -> &'static ActionSpec {
                match self {
                    $($(Self::$group($name::$variant) => &ActionSpec {
                        id: $id,
                        short: $short,
                        help: $help,
                        writes: $writes,
                        needs: ActionNeeds::$needs,
                        rank: $rank,
                    },)+)+
                }
            }
        }
    };
}

actions! {
    /// Actions that work on every screen.
    App(AppAction) {
        Quit = "app.quit", "quit", "Leave the console; a running rotation stops at a safe step first", false, Nothing, 0;
        Suspend = "app.suspend", "suspend", "Suspend to the shell; fg comes back", false, Nothing, 0;
        Help = "app.help", "keys", "All keys that work here", false, Nothing, 99;
        Palette = "app.palette", "palette", "Find any command by its name", false, Nothing, 98;
        Refresh = "app.refresh", "refresh", "Request everything again now", false, Nothing, 70;
        StartDemo = "app.demo", "demo", "Start the demo: five deployments on this machine; nothing outside it is touched", false, Nothing, 3;
        Back = "app.back", "back", "Close the topmost dialog, cancel what runs, clear the filter", false, Nothing, 0;
        NextTheme = "app.theme", "theme", "Switch to the next theme", false, Nothing, 0;
        OpenFleet = "screen.fleet", "fleet", "Fleet: gateways, targets, runtimes, endpoints and secrets", false, Nothing, 0;
        OpenLogs = "screen.logs", "logs", "Logs: live log lines of a deployment", false, Nothing, 0;
        OpenSecrets = "screen.secrets", "secrets", "Secrets: versions, stages, rotation", false, Nothing, 0;
        OpenTools = "screen.tools", "tools", "Tools: call the tools of MCP servers", false, Nothing, 0;
        OpenDoctor = "screen.doctor", "doctor", "Doctor: which hop of the chain is broken", false, Nothing, 0;
        OpenActivity = "screen.activity", "activity", "Activity: what this console did and what failed", false, Nothing, 0;
    }
    /// Actions of the start page.
    Start(StartAction) {
        SignIn = "start.sign-in", "sign in", "Sign in to AWS: the command runs in this terminal, then the console starts again", false, Nothing, 4;
        ChooseProfile = "start.profile", "profile", "Start again with another profile of the AWS configuration", false, Nothing, 5;
        WriteConfiguration = "start.configuration", "write a configuration", "Write a configuration from what the account and this folder have; asks first", false, Nothing, 6;
        LookAgain = "start.look-again", "look again", "Look for configuration, credentials and deployments again", false, Nothing, 7;
    }
    /// Actions on lists and other content that scrolls.
    List(ListAction) {
        Up = "list.up", "up", "One line up", false, Nothing, 0;
        Down = "list.down", "down", "One line down", false, Nothing, 0;
        PageUp = "list.page-up", "page up", "One page up", false, Nothing, 0;
        PageDown = "list.page-down", "page down", "One page down", false, Nothing, 0;
        Top = "list.top", "top", "To the first line", false, Nothing, 0;
        Bottom = "list.bottom", "bottom", "To the last line", false, Nothing, 0;
        Left = "list.left", "fold", "Fold, or scroll to the left", false, Nothing, 0;
        Right = "list.right", "unfold", "Unfold, or scroll to the right", false, Nothing, 0;
        Open = "list.open", "open", "Open what is selected", false, Selection, 1;
        Filter = "list.filter", "filter", "Show only rows that contain a text", false, Nothing, 50;
        Sort = "list.sort", "sort", "Sort by the next column", false, Nothing, 60;
        Mark = "list.mark", "mark", "Mark or unmark the selected row", false, Selection, 0;
    }
    /// Actions on resources: the Fleet screen and the detail of a resource.
    Fleet(FleetAction) {
        FollowLogs = "fleet.logs", "logs", "Logs of what is selected", false, Selection, 10;
        FollowTools = "fleet.tools", "tools", "Tools of what is selected", false, Selection, 11;
        FollowDoctor = "fleet.doctor", "doctor", "Examine the selected deployment", false, Selection, 12;
        FollowRelation = "fleet.relation", "relation", "Follow the relation: target, its runtime, its logs, its secret", false, Selection, 14;
        FollowCalls = "fleet.calls", "calls", "The tool calls around the last failure of the selected deployment", false, Selection, 56;
        Synchronize = "fleet.synchronize", "sync", "Synchronize the marked targets, or the selected one: the gateway lists its tools again", true, Selection, 13;
        FollowBack = "fleet.relation-back", "back", "Go to what leads here: to a runtime its target, to a target its gateway", false, Selection, 0;
        OpenConsent = "fleet.consent", "consent", "Open the page at which a person consents, in the browser", false, Selection, 0;
        OpenConsole = "fleet.aws-console", "AWS console", "Open it in the AWS console, in the browser", false, Selection, 57;
        Compare = "fleet.compare", "compare", "Compare with the marked resource or version", false, Selection, 0;
        RollBack = "fleet.roll-back", "roll back", "Roll the endpoint back to the selected version, or to the one before its own", true, Selection, 0;
        StopSessions = "fleet.stop-sessions", "stop sessions", "Stop the sessions of the runtime that its logs showed lately", true, Selection, 0;
        OnlyUrgent = "fleet.urgent", "urgent", "Show only what is broken, failing, changing or waits for a person", false, Nothing, 55;
        ReverseSort = "fleet.reverse", "reverse", "Reverse the order of the rows", false, Nothing, 0;
        CopyArn = "copy.arn", "copy ARN", "Copy the ARN", false, Selection, 0;
        CopyId = "copy.id", "copy id", "Copy the id", false, Selection, 0;
        CopyJson = "copy.json", "copy JSON", "Copy the API's answer as JSON", false, Selection, 0;
        CopyCommand = "copy.command", "copy aws", "Copy the aws command that shows it", false, Selection, 0;
        CopyFix = "copy.fix", "copy fix", "Copy the doctor's fix", false, Selection, 0;
        CopyConsent = "copy.consent", "copy consent", "Copy the address at which a person consents", false, Selection, 0;
        NextTab = "detail.tab", "facts/YAML/JSON", "Facts, YAML or JSON", false, Nothing, 2;
        SearchDetail = "detail.search", "find", "Find a text in the detail", false, Nothing, 3;
        NextHit = "detail.next-hit", "next hit", "To the next hit in the detail", false, Nothing, 0;
        WrapDetail = "detail.wrap", "wrap", "Wrap or cut long lines of YAML and JSON", false, Nothing, 0;
        PreviousHit = "detail.previous-hit", "previous hit", "To the previous hit in the detail", false, Nothing, 0;
    }
    /// Actions of the Logs screen.
    Logs(LogsAction) {
        Follow = "logs.follow", "follow", "Follow the newest line, or stop following", false, Nothing, 1;
        Search = "logs.search", "find", "Find a text in lines, or filter calls and patterns by it", false, Nothing, 6;
        NextHit = "logs.next-hit", "next hit", "To the next hit, or the next new pattern", false, Nothing, 7;
        PreviousHit = "logs.previous-hit", "previous hit", "To the previous hit", false, Nothing, 0;
        NextError = "logs.next-error", "next error", "To the next error or failed call", false, Nothing, 5;
        PreviousError = "logs.previous-error", "previous error", "To the previous error", false, Nothing, 0;
        NextMark = "logs.next-mark", "next mark", "To the next marked line", false, Nothing, 9;
        PreviousMark = "logs.previous-mark", "previous mark", "To the previous marked line", false, Nothing, 0;
        FilterLogs = "logs.filter", "filter", "Filter by words: level>=warn, text, -text, /regex/, trace=…, field>5", false, Nothing, 7;
        OnlyTrace = "logs.trace", "this trace", "Only lines of this trace", false, Selection, 10;
        OnlySession = "logs.session", "this session", "Only lines of this session", false, Selection, 11;
        OnlyRequest = "logs.request", "this request", "Only lines of this request", false, Selection, 12;
        Wrap = "logs.wrap", "wrap", "Wrap long lines", false, Nothing, 19;
        ExportLogs = "logs.export", "export", "Write what is shown to a file, as text or JSON lines", false, Nothing, 30;
        NextSource = "logs.source", "deployment", "Next deployment's logs", false, Nothing, 9;
        AddSource = "logs.add", "add source", "Add the next deployment to the tail", false, Nothing, 31;
        AllSources = "logs.all", "all", "Follow all deployments in one tail", false, Nothing, 0;
        NextLogsView = "logs.view", "view", "Lines, calls, patterns or a query", false, Nothing, 3;
        FocusTree = "logs.tree", "into the line", "Move in the opened line: fold and unfold, scroll, find the lines with an id", false, Nothing, 1;
        OpenCall = "logs.call", "waterfall", "The call over every hop: a bar for each, with its own lines", false, Selection, 2;
        ItsLines = "logs.lines", "its lines", "Only the lines of this call or pattern", false, Selection, 4;
        CallInTools = "logs.tools", "in Tools", "Open Tools with the deployment of this call", false, Selection, 13;
        CopyCallId = "logs.copy-id", "copy id", "Copy the trace or request id", false, Selection, 14;
        NextCall = "logs.next-call", "next failed", "The next failed call", false, Nothing, 5;
        PreviousCall = "logs.previous-call", "previous failed", "The previous failed call", false, Nothing, 0;
        OnlyUrgentRows = "logs.urgent", "only bad", "Only warnings and errors, then errors alone; calls that failed; patterns that are new or bad", false, Nothing, 8;
        Query = "logs.query", "query", "Query CloudWatch Logs Insights: the filter as a query, or a saved one", false, Nothing, 8;
        Histogram = "logs.histogram", "histogram", "Show or hide the histogram", false, Nothing, 20;
        WindowBack = "logs.window-back", "window", "Move the window back in time; before its beginning, read older lines", false, Nothing, 15;
        WindowForward = "logs.window-forward", "later", "Move the window forward in time", false, Nothing, 0;
        ZoomIn = "logs.zoom-in", "narrow", "A narrower window", false, Nothing, 16;
        ZoomOut = "logs.zoom-out", "wider", "A wider window; where all that was read is shown, read older lines", false, Nothing, 0;
        Older = "logs.older", "older", "Read the lines before the window", false, Nothing, 17;
        JumpToTime = "logs.time", "to a time", "Go to a time", false, Nothing, 18;
        LogFields = "logs.fields", "columns", "Show fields of JSON lines as columns: http.status_code,tool.name", false, Nothing, 21;
        Times = "logs.times", "times", "Times of day, ages, or times since the line above", false, Nothing, 0;
        ToggleErrors = "logs.errors", "errors", "Show or hide errors", false, Nothing, 0;
        ToggleWarnings = "logs.warnings", "warnings", "Show or hide warnings", false, Nothing, 0;
        ToggleInfo = "logs.info", "info", "Show or hide lines of level info", false, Nothing, 0;
        ToggleDebug = "logs.debug", "debug", "Show or hide lines of level debug and lines without a level", false, Nothing, 0;
        ToggleGateway = "logs.gateway", "gateway", "Show or hide the lines of gateways", false, Nothing, 0;
        ToggleInterceptor = "logs.interceptor", "interceptor", "Show or hide the lines of interceptors", false, Nothing, 0;
        ToggleRuntime = "logs.runtime", "runtime", "Show or hide the lines of runtimes", false, Nothing, 0;
        ToggleSpans = "logs.spans", "spans", "Show or hide spans", false, Nothing, 0;
        ToggleOther = "logs.other", "other logs", "Show or hide the lines of other log groups", false, Nothing, 0;
    }
    /// Actions of the Secrets screen.
    Secrets(SecretsAction) {
        Rotate = "secrets.rotate", "rotate", "Rotate the selected secret: the Neo4j password, or the secret of the client", true, Selection, 2;
        Resume = "secrets.resume", "resume", "Finish an interrupted rotation", true, Selection, 3;
        Rollback = "secrets.rollback", "roll back", "Roll back to the previous password", true, Selection, 4;
    }
    /// Actions of the Tools screen.
    Tools(ToolsAction) {
        ChooseEndpoint = "tools.endpoint", "endpoint", "Choose a gateway or runtime; type to find one", false, Nothing, 6;
        Connect = "tools.connect", "connect", "Connect again", false, Nothing, 8;
        Run = "tools.run", "run", "Call the tool", false, Nothing, 1;
        NextPane = "tools.next-pane", "next pane", "To the next pane", false, Nothing, 2;
        PreviousPane = "tools.previous-pane", "previous pane", "To the previous pane", false, Nothing, 0;
        Identify = "tools.identity", "who am I", "The identity at the endpoint: claims and expiry of the token, the connection", false, Nothing, 10;
        SaveQuery = "tools.save", "save", "Save the query with its parameters under a name", false, Nothing, 7;
        ForgetQuery = "tools.forget", "forget", "Delete the selected saved query, or remove the selected call from the history", false, Selection, 4;
        RawForm = "tools.raw", "form/JSON", "Form or raw JSON arguments", false, Nothing, 5;
        NextView = "tools.view", "view", "Result as table, graph, tree, text, changes, messages, or raw HTTP exchange", false, Nothing, 3;
        WrapResult = "tools.wrap", "wrap", "Wrap long lines of a text, or move them to the side with left and right", false, Nothing, 5;
        History = "tools.history", "history", "Search the call history; put a call into the editor, run it again, pin it, name it", false, Nothing, 4;
        AllDeployments = "tools.history-all", "all deployments", "In the search of the history: the calls of all deployments, or of this one", false, Nothing, 5;
        PinCall = "tools.pin", "pin", "Pin the selected call of the history, or unpin it", false, Selection, 6;
        CompareCalls = "tools.compare", "compare", "Compare the result with the selected call of the history, or two calls of which one is marked", false, Selection, 7;
        GraphSchema = "tools.schema", "schema", "The schema of the graph: labels, relationship types, properties; insert a name", false, Nothing, 6;
        Larger = "tools.larger", "wider", "Widen the column, or zoom into the graph", false, Nothing, 0;
        Smaller = "tools.smaller", "narrower", "Narrow the column, or zoom out of the graph", false, Nothing, 0;
        Explain = "tools.explain", "plan", "The plan of the statement, where the server has a tool that explains one", false, Nothing, 8;
        Profile = "tools.profile", "profile", "Run the statement with PROFILE: its plan with rows and database hits", false, Nothing, 9;
        CopyResult = "tools.copy", "copy result", "Copy the result as it is shown", false, Nothing, 7;
        CopyCurl = "tools.copy-curl", "as curl", "Copy the call as a curl command; the token stays a variable", false, Selection, 0;
        CopyCall = "tools.copy-command", "as command", "Copy the call as a command of this program", false, Selection, 0;
        CopyMcpJson = "tools.copy-mcp", "as mcp.json", "Copy the endpoint as an entry of mcp.json; no secret is in it", false, Nothing, 0;
        CopyArguments = "tools.copy-arguments", "arguments", "Copy the arguments as JSON", false, Selection, 0;
        ExportResult = "tools.export", "export", "Write the result to a file", false, Nothing, 7;
        ExportAll = "tools.export-all", "all rows", "While a result is exported: all its rows, or those that are shown", false, Nothing, 0;
        SendAnswer = "tools.send", "send", "Send the answer to the server's question", false, Nothing, 1;
        DeclineQuestion = "tools.decline", "decline", "Decline the server's question", false, Nothing, 2;
        CancelQuestion = "tools.cancel-question", "cancel", "Cancel the server's question without an answer", false, Nothing, 3;
        OpenAddress = "tools.open-address", "open address", "Open the address that waits for a person: of the server's question, or of a consent", false, Nothing, 1;
        CopyAddress = "tools.copy-address", "copy address", "Copy the address that waits for a person", false, Nothing, 2;
        Record = "tools.record", "record", "Record the calls of this endpoint in a file, to compare with later or elsewhere; again: stop", false, Nothing, 0;
        CallWaterfall = "tools.call", "waterfall", "This call over every hop, in Logs", false, Nothing, 9;
        CallLogs = "tools.logs", "log lines", "The log lines of this call below its result; again: in Logs", false, Nothing, 9;
    }
    /// Actions of the Doctor screen.
    Doctor(DoctorAction) {
        Examine = "doctor.examine", "examine", "Examine all deployments again", false, Nothing, 1;
        CopyFix = "doctor.copy", "copy fix", "Copy the fix", false, Selection, 2;
        WriteBundle = "doctor.bundle", "bundle", "Write a redacted bundle of all deployments for a ticket", false, Nothing, 13;
        NextDeployment = "doctor.next", "deployment", "To the next deployment", false, Nothing, 14;
    }
    /// Actions of the Activity screen.
    Activity(ActivityAction) {
        NextWhose = "activity.whose", "whose", "Everything, what this console did, what others changed, or what failed", false, Nothing, 3;
        RunAgain = "activity.again", "run again", "Do the selected entry again, after a question where it writes", false, Selection, 4;
    }
    /// Answers to a question or a prompt.
    Prompt(PromptAction) {
        Yes = "confirm.yes", "yes", "Yes, do it", false, Nothing, 1;
        No = "confirm.no", "no", "No, leave it", false, Nothing, 2;
        Accept = "prompt.accept", "accept", "Accept", false, Nothing, 1;
        PromptPrevious = "prompt.previous", "previous", "Previous suggestion", false, Nothing, 0;
        PromptNext = "prompt.next", "next", "Next suggestion", false, Nothing, 0;
    }
}

impl Action {
    /// Returns the action with that id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.spec().id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_lead_back() {
        let ids: HashSet<&str> = Action::ALL.iter().map(|action| action.spec().id).collect();
        assert_eq!(ids.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(Action::parse(action.spec().id), Some(*action));
        }
    }
}
