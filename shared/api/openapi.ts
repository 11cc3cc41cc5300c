// Generated from the OpenAPI document by `npm run schemas`.

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Health */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            broker: "ok" | "away";
                            /** @enum {string} */
                            database: "ok" | "away";
                            /** @enum {string} */
                            status: "ok" | "failing";
                        };
                    };
                };
                /** @description Default Response */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            broker: "ok" | "away";
                            /** @enum {string} */
                            database: "ok" | "away";
                            /** @enum {string} */
                            status: "ok" | "failing";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics in Prometheus’ text format */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchange the code of the first start’s link for an operator’s token, once */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        code: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            token: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-notifications/{notification}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send again what could not be sent */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    notification: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            alert: number;
                            attempts: number;
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            /** @description Why it was not taken the last time */
                            error: string | null;
                            id: number;
                            /** @description When it is sent next; null: no more */
                            nextAt: number | null;
                            route: string;
                            sentAt: number | null;
                            /** @enum {string} */
                            state: "queued" | "sent" | "failed";
                            /** @enum {string} */
                            status: "firing" | "resolved";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where alerts are sent */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "AlertRoute";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    /** @description A CEL expression */
                                    match?: string;
                                    receiver: {
                                        bearer?: {
                                            secret: string;
                                        };
                                        /** @enum {string} */
                                        type: "alertmanager";
                                        url: string | {
                                            secret: string;
                                        };
                                    } | {
                                        /** @enum {string} */
                                        type: "slack";
                                        url: string | {
                                            secret: string;
                                        };
                                    } | {
                                        routingKey: {
                                            secret: string;
                                        };
                                        /** @enum {string} */
                                        type: "pagerduty";
                                        /**
                                         * Format: uri
                                         * @default https://events.pagerduty.com/v2/enqueue
                                         */
                                        url: string;
                                    } | {
                                        firing: {
                                            body?: components["schemas"]["JsonValue"];
                                            /** @default {} */
                                            headers: {
                                                [key: string]: string | {
                                                    secret: string;
                                                };
                                            };
                                            /**
                                             * @default POST
                                             * @enum {string}
                                             */
                                            method: "POST" | "PUT" | "PATCH" | "DELETE";
                                            url: string | {
                                                secret: string;
                                            };
                                        };
                                        resolved?: {
                                            body?: components["schemas"]["JsonValue"];
                                            /** @default {} */
                                            headers: {
                                                [key: string]: string | {
                                                    secret: string;
                                                };
                                            };
                                            /**
                                             * @default POST
                                             * @enum {string}
                                             */
                                            method: "POST" | "PUT" | "PATCH" | "DELETE";
                                            url: string | {
                                                secret: string;
                                            };
                                        };
                                        /** @enum {string} */
                                        type: "webhook";
                                    } | {
                                        to: string[];
                                        /** @enum {string} */
                                        type: "email";
                                    };
                                    repeat?: string;
                                    /** @default true */
                                    resolved: boolean;
                                    /** @default false */
                                    suspend: boolean;
                                };
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-routes/{route}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alert route */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    route: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "AlertRoute";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                /** @description A CEL expression */
                                match?: string;
                                receiver: {
                                    bearer?: {
                                        secret: string;
                                    };
                                    /** @enum {string} */
                                    type: "alertmanager";
                                    url: string | {
                                        secret: string;
                                    };
                                } | {
                                    /** @enum {string} */
                                    type: "slack";
                                    url: string | {
                                        secret: string;
                                    };
                                } | {
                                    routingKey: {
                                        secret: string;
                                    };
                                    /** @enum {string} */
                                    type: "pagerduty";
                                    /**
                                     * Format: uri
                                     * @default https://events.pagerduty.com/v2/enqueue
                                     */
                                    url: string;
                                } | {
                                    firing: {
                                        body?: components["schemas"]["JsonValue"];
                                        /** @default {} */
                                        headers: {
                                            [key: string]: string | {
                                                secret: string;
                                            };
                                        };
                                        /**
                                         * @default POST
                                         * @enum {string}
                                         */
                                        method: "POST" | "PUT" | "PATCH" | "DELETE";
                                        url: string | {
                                            secret: string;
                                        };
                                    };
                                    resolved?: {
                                        body?: components["schemas"]["JsonValue"];
                                        /** @default {} */
                                        headers: {
                                            [key: string]: string | {
                                                secret: string;
                                            };
                                        };
                                        /**
                                         * @default POST
                                         * @enum {string}
                                         */
                                        method: "POST" | "PUT" | "PATCH" | "DELETE";
                                        url: string | {
                                            secret: string;
                                        };
                                    };
                                    /** @enum {string} */
                                    type: "webhook";
                                } | {
                                    to: string[];
                                    /** @enum {string} */
                                    type: "email";
                                };
                                repeat?: string;
                                /** @default true */
                                resolved: boolean;
                                /** @default false */
                                suspend: boolean;
                            };
                        };
                    };
                };
            };
        };
        /** Create or replace an alert route */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    route: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "AlertRoute";
                        metadata: {
                            /** @default  */
                            description?: string;
                            name: string;
                        };
                        spec: {
                            /** @description A CEL expression */
                            match?: string;
                            receiver: {
                                bearer?: {
                                    secret: string;
                                };
                                /** @enum {string} */
                                type: "alertmanager";
                                url: string | {
                                    secret: string;
                                };
                            } | {
                                /** @enum {string} */
                                type: "slack";
                                url: string | {
                                    secret: string;
                                };
                            } | {
                                routingKey: {
                                    secret: string;
                                };
                                /** @enum {string} */
                                type: "pagerduty";
                                /**
                                 * Format: uri
                                 * @default https://events.pagerduty.com/v2/enqueue
                                 */
                                url?: string;
                            } | {
                                firing: {
                                    body?: components["schemas"]["JsonValueInput"];
                                    /** @default {} */
                                    headers?: {
                                        [key: string]: string | {
                                            secret: string;
                                        };
                                    };
                                    /**
                                     * @default POST
                                     * @enum {string}
                                     */
                                    method?: "POST" | "PUT" | "PATCH" | "DELETE";
                                    url: string | {
                                        secret: string;
                                    };
                                };
                                resolved?: {
                                    body?: components["schemas"]["JsonValueInput"];
                                    /** @default {} */
                                    headers?: {
                                        [key: string]: string | {
                                            secret: string;
                                        };
                                    };
                                    /**
                                     * @default POST
                                     * @enum {string}
                                     */
                                    method?: "POST" | "PUT" | "PATCH" | "DELETE";
                                    url: string | {
                                        secret: string;
                                    };
                                };
                                /** @enum {string} */
                                type: "webhook";
                            } | {
                                to: string[];
                                /** @enum {string} */
                                type: "email";
                            };
                            repeat?: string;
                            /** @default true */
                            resolved?: boolean;
                            /** @default false */
                            suspend?: boolean;
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "AlertRoute";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                /** @description A CEL expression */
                                match?: string;
                                receiver: {
                                    bearer?: {
                                        secret: string;
                                    };
                                    /** @enum {string} */
                                    type: "alertmanager";
                                    url: string | {
                                        secret: string;
                                    };
                                } | {
                                    /** @enum {string} */
                                    type: "slack";
                                    url: string | {
                                        secret: string;
                                    };
                                } | {
                                    routingKey: {
                                        secret: string;
                                    };
                                    /** @enum {string} */
                                    type: "pagerduty";
                                    /**
                                     * Format: uri
                                     * @default https://events.pagerduty.com/v2/enqueue
                                     */
                                    url: string;
                                } | {
                                    firing: {
                                        body?: components["schemas"]["JsonValue"];
                                        /** @default {} */
                                        headers: {
                                            [key: string]: string | {
                                                secret: string;
                                            };
                                        };
                                        /**
                                         * @default POST
                                         * @enum {string}
                                         */
                                        method: "POST" | "PUT" | "PATCH" | "DELETE";
                                        url: string | {
                                            secret: string;
                                        };
                                    };
                                    resolved?: {
                                        body?: components["schemas"]["JsonValue"];
                                        /** @default {} */
                                        headers: {
                                            [key: string]: string | {
                                                secret: string;
                                            };
                                        };
                                        /**
                                         * @default POST
                                         * @enum {string}
                                         */
                                        method: "POST" | "PUT" | "PATCH" | "DELETE";
                                        url: string | {
                                            secret: string;
                                        };
                                    };
                                    /** @enum {string} */
                                    type: "webhook";
                                } | {
                                    to: string[];
                                    /** @enum {string} */
                                    type: "email";
                                };
                                repeat?: string;
                                /** @default true */
                                resolved: boolean;
                                /** @default false */
                                suspend: boolean;
                            };
                        };
                    };
                };
            };
        };
        post?: never;
        /** Remove an alert route */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    route: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-rule-evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a rule would say now; nothing is done */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "AlertRule";
                        metadata: {
                            /** @default  */
                            description?: string;
                            name: string;
                        };
                        spec: {
                            clearFor?: string;
                            for?: string;
                            /** @default [] */
                            inhibitedBy?: {
                                /** @default [] */
                                equal?: string[];
                                rule: string;
                            }[];
                            /** @default {} */
                            labels?: {
                                [key: string]: string;
                            };
                            /** @description A CEL expression */
                            match?: string;
                            over?: string;
                            /** Format: uri */
                            runbook?: string;
                            /**
                             * @default warning
                             * @enum {string}
                             */
                            severity?: "info" | "warning" | "critical";
                            /** @enum {string} */
                            subject: "device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift";
                            /** @description Text; {{…}} holds a CEL expression */
                            summary: string;
                            /** @description A CEL expression */
                            when: string;
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The first 100 */
                            conditions: {
                                labels: {
                                    [key: string]: string;
                                };
                                site: string | null;
                                subject: string;
                                summary: string;
                            }[];
                            error: string | null;
                            /** @description Subjects that there are of the rule’s kind */
                            subjects: number;
                            /** @description Of how many the condition is true now */
                            true: number;
                            /** @description Of how many it cannot be told */
                            unknown: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Alert rules, and how each went when it was asked last */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                askedAt: number | null;
                                document: {
                                    /** @enum {string} */
                                    apiVersion: "storecast/v1";
                                    /** @enum {string} */
                                    kind: "AlertRule";
                                    metadata: {
                                        /** @default  */
                                        description: string;
                                        name: string;
                                    };
                                    spec: {
                                        clearFor?: string;
                                        for?: string;
                                        /** @default [] */
                                        inhibitedBy: {
                                            /** @default [] */
                                            equal: string[];
                                            rule: string;
                                        }[];
                                        /** @default {} */
                                        labels: {
                                            [key: string]: string;
                                        };
                                        /** @description A CEL expression */
                                        match?: string;
                                        over?: string;
                                        /** Format: uri */
                                        runbook?: string;
                                        /**
                                         * @default warning
                                         * @enum {string}
                                         */
                                        severity: "info" | "warning" | "critical";
                                        /** @enum {string} */
                                        subject: "device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift";
                                        /** @description Text; {{…}} holds a CEL expression */
                                        summary: string;
                                        /** @description A CEL expression */
                                        when: string;
                                    };
                                };
                                /** @description What could not be evaluated when it was asked last, of one subject */
                                error: string | null;
                                firing: number;
                                pending: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-rules/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alert rule */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    rule: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            askedAt: number | null;
                            document: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "AlertRule";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    clearFor?: string;
                                    for?: string;
                                    /** @default [] */
                                    inhibitedBy: {
                                        /** @default [] */
                                        equal: string[];
                                        rule: string;
                                    }[];
                                    /** @default {} */
                                    labels: {
                                        [key: string]: string;
                                    };
                                    /** @description A CEL expression */
                                    match?: string;
                                    over?: string;
                                    /** Format: uri */
                                    runbook?: string;
                                    /**
                                     * @default warning
                                     * @enum {string}
                                     */
                                    severity: "info" | "warning" | "critical";
                                    /** @enum {string} */
                                    subject: "device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift";
                                    /** @description Text; {{…}} holds a CEL expression */
                                    summary: string;
                                    /** @description A CEL expression */
                                    when: string;
                                };
                            };
                            /** @description What could not be evaluated when it was asked last, of one subject */
                            error: string | null;
                            firing: number;
                            pending: number;
                        };
                    };
                };
            };
        };
        /** Create or replace an alert rule */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    rule: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "AlertRule";
                        metadata: {
                            /** @default  */
                            description?: string;
                            name: string;
                        };
                        spec: {
                            clearFor?: string;
                            for?: string;
                            /** @default [] */
                            inhibitedBy?: {
                                /** @default [] */
                                equal?: string[];
                                rule: string;
                            }[];
                            /** @default {} */
                            labels?: {
                                [key: string]: string;
                            };
                            /** @description A CEL expression */
                            match?: string;
                            over?: string;
                            /** Format: uri */
                            runbook?: string;
                            /**
                             * @default warning
                             * @enum {string}
                             */
                            severity?: "info" | "warning" | "critical";
                            /** @enum {string} */
                            subject: "device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift";
                            /** @description Text; {{…}} holds a CEL expression */
                            summary: string;
                            /** @description A CEL expression */
                            when: string;
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            askedAt: number | null;
                            document: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "AlertRule";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    clearFor?: string;
                                    for?: string;
                                    /** @default [] */
                                    inhibitedBy: {
                                        /** @default [] */
                                        equal: string[];
                                        rule: string;
                                    }[];
                                    /** @default {} */
                                    labels: {
                                        [key: string]: string;
                                    };
                                    /** @description A CEL expression */
                                    match?: string;
                                    over?: string;
                                    /** Format: uri */
                                    runbook?: string;
                                    /**
                                     * @default warning
                                     * @enum {string}
                                     */
                                    severity: "info" | "warning" | "critical";
                                    /** @enum {string} */
                                    subject: "device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift";
                                    /** @description Text; {{…}} holds a CEL expression */
                                    summary: string;
                                    /** @description A CEL expression */
                                    when: string;
                                };
                            };
                            /** @description What could not be evaluated when it was asked last, of one subject */
                            error: string | null;
                            firing: number;
                            pending: number;
                        };
                    };
                };
            };
        };
        post?: never;
        /** Remove an alert rule; its alerts are resolved */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    rule: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Alerts, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    rule?: string;
                    severity?: "info" | "warning" | "critical";
                    site?: string;
                    state?: "pending" | "firing" | "resolved";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Kind of what it is about; null: its rule is no more */
                                about: ("device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift") | null;
                                acknowledgedAt: number | null;
                                acknowledgedBy: string | null;
                                endReason: string | null;
                                firedAt: number | null;
                                id: number;
                                /** @description The alert that tells of it already: routes are told of that one */
                                inhibitedBy: number | null;
                                labels: {
                                    [key: string]: string;
                                };
                                note: string | null;
                                resolvedAt: number | null;
                                rule: string;
                                /** @enum {string} */
                                severity: "info" | "warning" | "critical";
                                silencedBy: number | null;
                                /** @description Since when the condition was true */
                                since: number;
                                site: string | null;
                                /** @enum {string} */
                                state: "pending" | "firing" | "resolved";
                                /** @description What it is about: a device, a region…, as the rule says */
                                subject: string;
                                summary: string;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{alert}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alert */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    alert: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Kind of what it is about; null: its rule is no more */
                            about: ("device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift") | null;
                            acknowledgedAt: number | null;
                            acknowledgedBy: string | null;
                            endReason: string | null;
                            firedAt: number | null;
                            id: number;
                            /** @description The alert that tells of it already: routes are told of that one */
                            inhibitedBy: number | null;
                            labels: {
                                [key: string]: string;
                            };
                            note: string | null;
                            resolvedAt: number | null;
                            rule: string;
                            /** @enum {string} */
                            severity: "info" | "warning" | "critical";
                            silencedBy: number | null;
                            /** @description Since when the condition was true */
                            since: number;
                            site: string | null;
                            /** @enum {string} */
                            state: "pending" | "firing" | "resolved";
                            /** @description What it is about: a device, a region…, as the rule says */
                            subject: string;
                            summary: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{alert}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say that somebody has taken the alert up */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    alert: number;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @default  */
                        note?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Kind of what it is about; null: its rule is no more */
                            about: ("device" | "sensor" | "forecast" | "region" | "fleet" | "rollout" | "task" | "drift") | null;
                            acknowledgedAt: number | null;
                            acknowledgedBy: string | null;
                            endReason: string | null;
                            firedAt: number | null;
                            id: number;
                            /** @description The alert that tells of it already: routes are told of that one */
                            inhibitedBy: number | null;
                            labels: {
                                [key: string]: string;
                            };
                            note: string | null;
                            resolvedAt: number | null;
                            rule: string;
                            /** @enum {string} */
                            severity: "info" | "warning" | "critical";
                            silencedBy: number | null;
                            /** @description Since when the condition was true */
                            since: number;
                            site: string | null;
                            /** @enum {string} */
                            state: "pending" | "firing" | "resolved";
                            /** @description What it is about: a device, a region…, as the rule says */
                            subject: string;
                            summary: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/{alert}/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What routes were told of an alert, and what they have yet to be told */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    alert: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                alert: number;
                                attempts: number;
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                /** @description Why it was not taken the last time */
                                error: string | null;
                                id: number;
                                /** @description When it is sent next; null: no more */
                                nextAt: number | null;
                                route: string;
                                sentAt: number | null;
                                /** @enum {string} */
                                state: "queued" | "sent" | "failed";
                                /** @enum {string} */
                                status: "firing" | "resolved";
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applied/{set}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Documents that a set of files owns, as they were last applied */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    set: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                document: {
                                    [key: string]: unknown;
                                };
                                kind: string;
                                name: string;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applied/{set}/{kind}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Remember a document as applied */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    kind: string;
                    name: string;
                    set: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            at: number;
                            document: {
                                [key: string]: unknown;
                            };
                            kind: string;
                            name: string;
                        };
                    };
                };
            };
        };
        post?: never;
        /** The set owns the document no longer */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    kind: string;
                    name: string;
                    set: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Entries of the audit log */
        get: {
            parameters: {
                query?: {
                    /** @description For example PUT /v1/sites/:site */
                    action?: string;
                    actor?: string;
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    decision?: "allowed" | "denied" | "failed";
                    /** @description As many items a page holds */
                    limit?: number;
                    /** @description Which come first */
                    order?: "newest" | "oldest";
                    /** @description Path that was called, /v1/rollouts/lager-1, with what lies below it; several: any of them */
                    subject?: string | string[];
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Who, what, before, after, decision; `previous` is the hash of the entry before */
                                entry: {
                                    [key: string]: unknown;
                                };
                                /** @description SHA-256 of the entry as RFC 8785 JSON, hex */
                                hash: string;
                                number: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/head": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Number and hash of the newest entry; keep it elsewhere, and a cut tail shows */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description SHA-256 of the entry as RFC 8785 JSON, hex */
                            hash: string;
                            number: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/backlogs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far the cloud is with each device: its sequence, what waits there and since when, and gaps by cause */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    device?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                device: string;
                                /** @description null before the first contact */
                                epoch: number | null;
                                /** @description Every sequence below is accounted for */
                                floor: number | null;
                                /** @description Sequences whose records the cloud does not have, by cause */
                                gaps: {
                                    [key: string]: number;
                                };
                                lastCommitAt: number | null;
                                /** @description Sequences between that have yet to come */
                                outstanding: number | null;
                                /** @description The highest heard of */
                                sequence: number | null;
                                site: string;
                                /** @description What the device last said to have waiting, beyond what is under way; null: it does not say */
                                waiting: {
                                    records: number;
                                    /** @description Event time of the oldest that is not acknowledged; 0: none waits */
                                    since: number;
                                    /** @description Unix milliseconds, UTC */
                                    toldAt: number;
                                } | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/claims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Claims, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                /** @description The one device that may use it; null: any new one */
                                device: string | null;
                                /** @description Unix milliseconds, UTC */
                                expiresAt: number;
                                id: string;
                                labels: {
                                    [key: string]: string;
                                };
                                serialNumbers: string[] | null;
                                site: string;
                                usedAt: number | null;
                                usedBy: string | null;
                                withdrawnAt: number | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Make one-time claims for new devices */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description How many claims; each enrols one device
                         * @default 1
                         */
                        count?: number;
                        /** @description The one device that may use it; needed where it is to enrol again */
                        device?: string;
                        /** @default 604800 */
                        expiresInSeconds?: number;
                        /** @default {} */
                        labels?: {
                            [key: string]: string;
                        };
                        /** @description Hardware that may use it; absent: any */
                        serialNumbers?: string[];
                        site: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            claims: {
                                /** @description Shown once */
                                claim: string;
                                id: string;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/claims/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Withdraw a claim */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/data-quality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Quality of sensors’ data over a span, by device and sensor; a page holds so many devices */
        get: {
            parameters: {
                query: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    device?: string;
                    /** @description Windows that end after */
                    from: number;
                    /** @description As many items a page holds */
                    limit?: number;
                    sensor?: string;
                    site?: string;
                    /** @description Windows that end by then */
                    to: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                counts: {
                                    count: number;
                                    duplicate: number;
                                    flat: number;
                                    late: number;
                                    missing: number;
                                    outOfRange: number;
                                    untrusted: number;
                                    wrongType: number;
                                    wrongUnit: number;
                                };
                                device: string;
                                /** @description Null where the span holds nothing that could tell */
                                scores: {
                                    clock: number | null;
                                    completeness: number | null;
                                    movement: number | null;
                                    overall: number | null;
                                    timeliness: number | null;
                                    uniqueness: number | null;
                                    validity: number | null;
                                };
                                sensor: string;
                                site: string;
                                thresholds: {
                                    /** @default 0.98 */
                                    clock: number;
                                    /** @default 0.9 */
                                    completeness: number;
                                    /** @default 0.8 */
                                    movement: number;
                                    /** @default 0.9 */
                                    timeliness: number;
                                    /** @default 0.9 */
                                    uniqueness: number;
                                    /** @default 0.98 */
                                    validity: number;
                                };
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Data sets: what they hold, whose they are, who looks after them */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    /** @description Those that hold it */
                    sensor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "Dataset";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    /** @default [] */
                                    featureViews: string[];
                                    owner: string;
                                    retentionDays?: number;
                                    /**
                                     * @default internal
                                     * @enum {string}
                                     */
                                    sensitivity: "public" | "internal" | "confidential" | "restricted";
                                    /** @default [] */
                                    sensors: string[];
                                    /** @default {} */
                                    sites: {
                                        [key: string]: string;
                                    };
                                    steward?: string;
                                };
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/datasets/{dataset}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One data set */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    dataset: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "Dataset";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                /** @default [] */
                                featureViews: string[];
                                owner: string;
                                retentionDays?: number;
                                /**
                                 * @default internal
                                 * @enum {string}
                                 */
                                sensitivity: "public" | "internal" | "confidential" | "restricted";
                                /** @default [] */
                                sensors: string[];
                                /** @default {} */
                                sites: {
                                    [key: string]: string;
                                };
                                steward?: string;
                            };
                        };
                    };
                };
            };
        };
        /** Create or replace a data set */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    dataset: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "Dataset";
                        metadata: {
                            /** @default  */
                            description?: string;
                            name: string;
                        };
                        spec: {
                            /** @default [] */
                            featureViews?: string[];
                            owner: string;
                            retentionDays?: number;
                            /**
                             * @default internal
                             * @enum {string}
                             */
                            sensitivity?: "public" | "internal" | "confidential" | "restricted";
                            /** @default [] */
                            sensors?: string[];
                            /** @default {} */
                            sites?: {
                                [key: string]: string;
                            };
                            steward?: string;
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "Dataset";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                /** @default [] */
                                featureViews: string[];
                                owner: string;
                                retentionDays?: number;
                                /**
                                 * @default internal
                                 * @enum {string}
                                 */
                                sensitivity: "public" | "internal" | "confidential" | "restricted";
                                /** @default [] */
                                sensors: string[];
                                /** @default {} */
                                sites: {
                                    [key: string]: string;
                                };
                                steward?: string;
                            };
                        };
                    };
                };
            };
        };
        post?: never;
        /** Remove a data set from the catalogue */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    dataset: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Decisions of devices, newest first, with what staff chose and what came of them */
        get: {
            parameters: {
                query?: {
                    /** @description Of those that are judged: whether they were right */
                    correct?: string;
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    device?: string;
                    /** @description Issued at or after */
                    from?: number;
                    /** @description As many items a page holds */
                    limit?: number;
                    model?: string;
                    product?: string;
                    site?: string;
                    state?: "held" | "open" | "accepted" | "changed" | "rejected" | "unanswered";
                    /** @description Issued before */
                    to?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @enum {string} */
                                action: "reorder" | "hold";
                                choice: {
                                    /** @description Unix milliseconds, UTC */
                                    chosenAt: number;
                                    /** @enum {string} */
                                    kind: "accepted" | "changed" | "rejected";
                                    /** @description Ordered */
                                    quantity: number;
                                    reason: string;
                                } | null;
                                /** @description As the model’s definition names it */
                                decision: string;
                                device: string;
                                /** @description Unix milliseconds, UTC */
                                end: number;
                                /** Format: uuid */
                                id: string;
                                /** @description Unix milliseconds, UTC */
                                issuedAt: number;
                                model: string;
                                /** @description In the unit of what the model forecasts */
                                onOrder: number;
                                /** @description null: not known yet */
                                outcome: {
                                    /** @description Sold in the lead time */
                                    actual: number;
                                    /** @description In hindsight: a hold after which the shop did not run out, or an order without which it would have, or have lived on its safety stock */
                                    correct: boolean;
                                    /** @description Unix milliseconds, UTC */
                                    judgedAt: number;
                                    stockOut: boolean;
                                } | null;
                                product: string;
                                /** @description Of the demand accumulated over the lead time */
                                quantiles: number[];
                                /** @description Suggested; 0 of a hold */
                                quantity: number;
                                site: string;
                                /** @description Of the lead time */
                                start: number;
                                /**
                                 * @description held: nothing was suggested; open: staff may still choose; unanswered: they may no more
                                 * @enum {string}
                                 */
                                state: "held" | "open" | "accepted" | "changed" | "rejected" | "unanswered";
                                /** @description In the unit of what the model forecasts */
                                stock: number;
                                version: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/device-selection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many devices in service a selector names now, and the first of them */
        get: {
            parameters: {
                query?: {
                    /** @description In one of these groups, with commas between; none: whatever their groups */
                    groups?: string;
                    selector?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            devices: number;
                            /** @description By id, ten at most */
                            first: string[];
                            online: number;
                            sites: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/device-states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many devices there are in each state */
        get: {
            parameters: {
                query?: {
                    group?: string;
                    /** @description Those that serve it or should */
                    model?: string;
                    /** @description Some of the id, of the site’s, or of a label’s value */
                    q?: string;
                    selector?: string;
                    site?: string;
                    /** @description One or more, separated by commas */
                    state?: string;
                    /** @description Those that serve this one of the model */
                    version?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            disconnected: number;
                            operational: number;
                            quarantined: number;
                            reduced: number;
                            retired: number;
                            updating: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Devices and how each of them is */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    group?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    /** @description Those that serve it or should */
                    model?: string;
                    order?: "asc" | "desc";
                    /** @description Some of the id, of the site’s, or of a label’s value */
                    q?: string;
                    selector?: string;
                    site?: string;
                    /** @description Of equals by id; version: of the model that is asked for */
                    sort?: "id" | "site" | "state" | "lastSeen" | "agent" | "version";
                    /** @description One or more, separated by commas */
                    state?: string;
                    /** @description Those that serve this one of the model */
                    version?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                agentVersion: string | null;
                                /** @description That fire, about it or its sensors, and are not silenced */
                                alerts: number;
                                /** @description Null: it has a token, or nothing */
                                certificateExpiresAt: number | null;
                                /** @description What it said last of its own clock; null: its agent does not say */
                                clock: {
                                    /** @description Milliseconds that it is ahead of the cloud’s clock; below 0: behind */
                                    ahead: number;
                                    /** @description When the two were last compared */
                                    checkedAt: number;
                                    /** @description Where its shop lives by a clock that is made up, as in a demonstration: what that said at `toldAt`, and how many times as fast it runs */
                                    madeUp?: {
                                        speed: number;
                                        time: number;
                                    };
                                    /** @description Since when it is trusted, or is not; by the cloud’s clock, as all times here */
                                    since: number;
                                    /** @description Unix milliseconds, UTC */
                                    toldAt: number;
                                    /** @description Whether it takes readings under this clock’s time; off by over a minute it does not */
                                    trusted: boolean;
                                    /** @description By so many milliseconds `ahead` may be wrong, either way */
                                    within: number;
                                } | null;
                                /** @description Unix milliseconds, UTC */
                                enrolledAt: number;
                                id: string;
                                /** @description Its own, on top of its site’s */
                                labels: {
                                    [key: string]: string;
                                };
                                lastSeen: number | null;
                                /** @description Number of the connection that `online` is about */
                                link: number;
                                models: {
                                    active: number | null;
                                    /** @description Of the last change of phase */
                                    at: number | null;
                                    /** @description In shadow, or on its way there */
                                    candidate: {
                                        phase: string;
                                        version: number;
                                    } | null;
                                    /** @description What it should serve; null: none of it */
                                    desired: number | null;
                                    error: {
                                        code: string;
                                        message: string;
                                    } | null;
                                    model: string;
                                    phase: string | null;
                                    /** @description What it changes to, as it says itself */
                                    target: number | null;
                                }[];
                                online: boolean;
                                presenceAt: number | null;
                                reportedAt: number | null;
                                retiredAt: number | null;
                                site: string;
                                siteLabels: {
                                    [key: string]: string;
                                };
                                /**
                                 * @description The first that holds: retired; quarantined: its identity speaks from two places; disconnected; reduced: a change of a model failed or was rolled back, or an alert about it fires; updating; operational
                                 * @enum {string}
                                 */
                                state: "retired" | "quarantined" | "disconnected" | "reduced" | "updating" | "operational";
                                /** @description What it said last to have waiting, and of when the oldest is */
                                waiting: {
                                    records: number;
                                    since: number;
                                    /** @description Unix milliseconds, UTC */
                                    toldAt: number;
                                } | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Create a device that logs in with a token, which is shown once; claims enrol devices with certificates */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        id: string;
                        /** @default {} */
                        labels?: {
                            [key: string]: string;
                        };
                        site: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            device: {
                                /** @description Unix milliseconds, UTC */
                                enrolledAt: number;
                                id: string;
                                labels: {
                                    [key: string]: string;
                                };
                                lastSeen: number | null;
                                /** @description Number of the connection that `online` is about */
                                link: number;
                                online: boolean;
                                presenceAt: number | null;
                                retiredAt: number | null;
                                site: string;
                            };
                            /** @description Shown once */
                            token: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One device and how it is */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            agentVersion: string | null;
                            /** @description That fire, about it or its sensors, and are not silenced */
                            alerts: number;
                            /** @description Null: it has a token, or nothing */
                            certificateExpiresAt: number | null;
                            /** @description What it said last of its own clock; null: its agent does not say */
                            clock: {
                                /** @description Milliseconds that it is ahead of the cloud’s clock; below 0: behind */
                                ahead: number;
                                /** @description When the two were last compared */
                                checkedAt: number;
                                /** @description Where its shop lives by a clock that is made up, as in a demonstration: what that said at `toldAt`, and how many times as fast it runs */
                                madeUp?: {
                                    speed: number;
                                    time: number;
                                };
                                /** @description Since when it is trusted, or is not; by the cloud’s clock, as all times here */
                                since: number;
                                /** @description Unix milliseconds, UTC */
                                toldAt: number;
                                /** @description Whether it takes readings under this clock’s time; off by over a minute it does not */
                                trusted: boolean;
                                /** @description By so many milliseconds `ahead` may be wrong, either way */
                                within: number;
                            } | null;
                            /** @description Unix milliseconds, UTC */
                            enrolledAt: number;
                            id: string;
                            /** @description Its own, on top of its site’s */
                            labels: {
                                [key: string]: string;
                            };
                            lastSeen: number | null;
                            /** @description Number of the connection that `online` is about */
                            link: number;
                            models: {
                                active: number | null;
                                /** @description Of the last change of phase */
                                at: number | null;
                                /** @description In shadow, or on its way there */
                                candidate: {
                                    phase: string;
                                    version: number;
                                } | null;
                                /** @description What it should serve; null: none of it */
                                desired: number | null;
                                error: {
                                    code: string;
                                    message: string;
                                } | null;
                                model: string;
                                phase: string | null;
                                /** @description What it changes to, as it says itself */
                                target: number | null;
                            }[];
                            online: boolean;
                            presenceAt: number | null;
                            reportedAt: number | null;
                            retiredAt: number | null;
                            site: string;
                            siteLabels: {
                                [key: string]: string;
                            };
                            /**
                             * @description The first that holds: retired; quarantined: its identity speaks from two places; disconnected; reduced: a change of a model failed or was rolled back, or an alert about it fires; updating; operational
                             * @enum {string}
                             */
                            state: "retired" | "quarantined" | "disconnected" | "reduced" | "updating" | "operational";
                            /** @description What it said last to have waiting, and of when the oldest is */
                            waiting: {
                                records: number;
                                since: number;
                                /** @description Unix milliseconds, UTC */
                                toldAt: number;
                            } | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Withdraw the device’s token and certificates for good; what it sent is kept */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            enrolledAt: number;
                            id: string;
                            labels: {
                                [key: string]: string;
                            };
                            lastSeen: number | null;
                            /** @description Number of the connection that `online` is about */
                            link: number;
                            online: boolean;
                            presenceAt: number | null;
                            retiredAt: number | null;
                            site: string;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/backlog": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is known to exist on a device and what of it came, by epoch; newest first */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            epochs: {
                                epoch: number;
                                /** @description Every sequence below is accounted for */
                                floor: number;
                                highest: number;
                                lastCommitAt: number | null;
                                /** @description Unix milliseconds, UTC */
                                openedAt: number;
                                /** @description Sequences between that the device has yet to send: its backlog, as far as it is known */
                                outstanding: number;
                                quarantined: boolean;
                                reason: string;
                                records: number;
                                superseded: {
                                    coarsened: number;
                                    dropped: number;
                                    revised: number;
                                };
                                /** @description What the device last said to have waiting, beyond what is under way; null: it does not say */
                                waiting: {
                                    records: number;
                                    /** @description Event time of the oldest that is not acknowledged; 0: none waits */
                                    since: number;
                                    /** @description Unix milliseconds, UTC */
                                    toldAt: number;
                                } | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/desired": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the device should run, as published to it */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** Format: uri */
                            api: string;
                            device: string;
                            documents: {
                                [key: string]: {
                                    bytes: number;
                                    sha256: string;
                                };
                            };
                            generation: number;
                            models: {
                                [key: string]: {
                                    bundle: {
                                        bytes: number;
                                        sha256: string;
                                    };
                                    candidate?: {
                                        bundle: {
                                            bytes: number;
                                            sha256: string;
                                        };
                                        version: number;
                                    };
                                    version: number;
                                };
                            };
                            site: string;
                            traceparent?: string;
                            update?: {
                                bytesPerSecond?: number;
                                maxCrashes?: number;
                                maxFailedShare?: number;
                                maxLatencyMs?: number;
                                soakMinutes?: number;
                                spreadSeconds?: number;
                                window?: {
                                    from: string;
                                    to: string;
                                };
                            };
                            /** @enum {number} */
                            version: 1;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened on a device, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                code: string;
                                detail: {
                                    [key: string]: string | number | boolean;
                                };
                                device: string;
                                /** Format: uuid */
                                id: string;
                                message: string;
                                severity: string;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Replace the device’s own labels; those of its site stay */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            enrolledAt: number;
                            id: string;
                            labels: {
                                [key: string]: string;
                            };
                            lastSeen: number | null;
                            /** @description Number of the connection that `online` is about */
                            link: number;
                            online: boolean;
                            presenceAt: number | null;
                            retiredAt: number | null;
                            site: string;
                        };
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/reported": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a device said of itself last */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            device: string;
                            /** @description Unix milliseconds, UTC */
                            receivedAt: number;
                            state: {
                                agentVersion: string;
                                documents: {
                                    [key: string]: string;
                                };
                                generation: number;
                                models: {
                                    [key: string]: {
                                        active: number | null;
                                        at: number;
                                        candidate?: {
                                            at: number;
                                            error?: {
                                                code: string;
                                                message: string;
                                            };
                                            /** @enum {string} */
                                            phase: "waiting" | "download" | "verify" | "stage" | "golden" | "shadow" | "activate" | "soak" | "rolled-back" | "failed" | "active";
                                            version: number;
                                        };
                                        error?: {
                                            code: string;
                                            message: string;
                                        };
                                        /** @enum {string} */
                                        phase: "waiting" | "download" | "verify" | "stage" | "golden" | "shadow" | "activate" | "soak" | "rolled-back" | "failed" | "active";
                                        target: number | null;
                                    };
                                };
                                site: string;
                            };
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Withdraw token and certificates and end the session; a claim that names the device enrols it again */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            enrolledAt: number;
                            id: string;
                            labels: {
                                [key: string]: string;
                            };
                            lastSeen: number | null;
                            /** @description Number of the connection that `online` is about */
                            link: number;
                            online: boolean;
                            presenceAt: number | null;
                            retiredAt: number | null;
                            site: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/support-bundles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Support bundles of a device, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                askedAt: number;
                                askedBy: string;
                                bytes: number | null;
                                device: string;
                                /** @description Unix milliseconds, UTC */
                                expiresAt: number;
                                /** Format: uuid */
                                id: string;
                                /** @description Null: the device has not sent it yet */
                                receivedAt: number | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Ask a device for a support bundle; it answers when it is connected */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            askedAt: number;
                            askedBy: string;
                            bytes: number | null;
                            device: string;
                            /** @description Unix milliseconds, UTC */
                            expiresAt: number;
                            /** Format: uuid */
                            id: string;
                            /** @description Null: the device has not sent it yet */
                            receivedAt: number | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/support-bundles/{bundle}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One support bundle */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    bundle: string;
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            askedAt: number;
                            askedBy: string;
                            bytes: number | null;
                            device: string;
                            /** @description Unix milliseconds, UTC */
                            expiresAt: number;
                            /** Format: uuid */
                            id: string;
                            /** @description Null: the device has not sent it yet */
                            receivedAt: number | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/support-bundles/{bundle}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the device sent, a .tar.gz */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    bundle: string;
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replace the token */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            device: {
                                /** @description Unix milliseconds, UTC */
                                enrolledAt: number;
                                id: string;
                                labels: {
                                    [key: string]: string;
                                };
                                lastSeen: number | null;
                                /** @description Number of the connection that `online` is about */
                                link: number;
                                online: boolean;
                                presenceAt: number | null;
                                retiredAt: number | null;
                                site: string;
                            };
                            /** @description Shown once */
                            token: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device}/windows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Windows of one series, oldest first */
        get: {
            parameters: {
                query: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    entity?: string;
                    /** @description Of what begins at or after, Unix milliseconds */
                    from?: number;
                    /** @description As many items a page holds */
                    limit?: number;
                    sensor: string;
                    /** @description Of what begins before, Unix milliseconds */
                    to?: number;
                };
                header?: never;
                path: {
                    device: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                count: number;
                                duplicate: number;
                                /** @description Unix milliseconds, UTC */
                                end: number;
                                flat: number;
                                last: number;
                                late: number;
                                max: number;
                                min: number;
                                missing: number;
                                outOfRange: number;
                                p10: number;
                                p50: number;
                                p90: number;
                                revision: number;
                                /** @description Unix milliseconds, UTC */
                                start: number;
                                sum: number;
                                untrusted: number;
                                wrongType: number;
                                wrongUnit: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                            /** @description null: the site does not define the sensor, values are whole steps */
                            unit: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Do something to many devices, or say what it would do to each */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        action: {
                            /** @enum {string} */
                            kind: "label";
                            /** @default [] */
                            remove?: string[];
                            /** @default {} */
                            set?: {
                                [key: string]: string;
                            };
                        } | {
                            /** @enum {string} */
                            kind: "revoke";
                        } | {
                            /** @enum {string} */
                            kind: "support-bundle";
                        };
                        devices: string[];
                        /** @description true: nothing is done */
                        dryRun: boolean;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            dryRun: boolean;
                            items: {
                                after: {
                                    [key: string]: string;
                                };
                                before: {
                                    [key: string]: string;
                                };
                                device: string;
                                /** @enum {string} */
                                outcome: "changed" | "unchanged" | "refused";
                                reason: string | null;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far the data of devices, labels and the fleet is from what was frozen */
        get: {
            parameters: {
                query?: {
                    /** @description With what was compared, by bin */
                    bins?: string;
                    column?: string;
                    cursor?: string;
                    kind?: "feature" | "target" | "sensor";
                    /** @description As many items a page holds */
                    limit?: number;
                    model?: string;
                    name?: string;
                    /** @description Default: the newest run that succeeded; "all": over time, newest first */
                    run?: string;
                    scope?: string;
                    verdict?: "drift" | "minor" | "stable" | "insufficient";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Shares of what was compared, where asked for and where something was */
                                bins: {
                                    current: number[];
                                    /** @description Largest value of every bin but the last */
                                    edges: number[];
                                    reference: number[];
                                } | null;
                                /** @description The feature, "target", or the sensor */
                                column: string;
                                devices: number;
                                /** @description Independent values that would say as much */
                                effective: number;
                                /** @description Unix milliseconds, UTC */
                                from: number;
                                /** @enum {string} */
                                kind: "feature" | "target" | "sensor";
                                /** @description Empty for a sensor */
                                model: string;
                                /** @description The device, or the label’s value; empty for the fleet */
                                name: string;
                                /** @description Of the three statistics together */
                                p: number | null;
                                /** @description PSI of the run before */
                                previousPsi: number | null;
                                /** @description Adjusted for all comparisons of the run: at most the level is a discovery */
                                q: number | null;
                                /** @description Why nothing could be said */
                                reason: string | null;
                                /** @description Values in the sample */
                                rows: number;
                                run: string;
                                /** @description device, fleet, or the label that devices are grouped by */
                                scope: string;
                                statistics: {
                                    ks: {
                                        /** @description Of as large a value without drift */
                                        p: number;
                                        /** @description Of a single comparison of these sizes, at the level */
                                        threshold: number;
                                        value: number;
                                    };
                                    psi: {
                                        /** @description Of as large a value without drift */
                                        p: number;
                                        /** @description Of a single comparison of these sizes, at the level */
                                        threshold: number;
                                        value: number;
                                    };
                                    /** @description In standard deviations of the reference */
                                    wasserstein: {
                                        /** @description Of as large a value without drift */
                                        p: number;
                                        /** @description Of a single comparison of these sizes, at the level */
                                        threshold: number;
                                        value: number;
                                    };
                                } | null;
                                /** @description Unix milliseconds, UTC */
                                to: number;
                                /** @enum {string} */
                                verdict: "drift" | "minor" | "stable" | "insufficient";
                                /** @description 0 for a sensor */
                                version: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Changes as they happen, as server-sent events
         * @description Server-sent events. `event: change` has the data `{"kind","key","site"}`: the thing has changed, and is read
         *     anew where it is of interest; a null key stands for any of the kind. `event: reset`: something may have been missed, and
         *     everything is. `event: at` has no more than an `id`. What belongs to sites beyond the caller's limit, or to what the caller may not see, is left out. Each `id` is a
         *     position: sent back as `Last-Event-ID` (browsers do) or `since`, the stream goes on from there, by any cloud of the deployment.
         *     Without one it begins now.
         */
        get: {
            parameters: {
                query?: {
                    /** @description A position, or "oldest": all changes of the last hour. Last-Event-ID goes before it */
                    since?: string;
                };
                header?: {
                    "last-event-id"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How candidates in shadow compared with what served, by local day and device */
        get: {
            parameters: {
                query?: {
                    candidate?: number;
                    champion?: number;
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    device?: string;
                    from?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    model?: string;
                    to?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Σ actual */
                                actual: number;
                                /** @description Version in shadow */
                                candidate: number;
                                candidateAbsolute: number;
                                candidateCovered: number;
                                candidateError: number;
                                /** @description Version that served */
                                champion: number;
                                /** @description Σ|forecast − actual| */
                                championAbsolute: number;
                                /** @description Of those, rows whose actual lies in the interval */
                                championCovered: number;
                                /** @description Σ(forecast − actual) */
                                championError: number;
                                /** @description Ends of the candidate’s host that were its doing */
                                crashes: number;
                                /** @description Local day on which the spans forecast begin */
                                day: string;
                                device: string;
                                /** @description Σd, d = |error of the candidate| − |error of the champion|: above 0 it is worse */
                                difference: number;
                                /** @description Σd² */
                                differenceSquared: number;
                                /** @description Left out: sales in a stock-out are a lower bound of demand */
                                excluded: number;
                                /** @description Rows for which both gave an interval of the same levels; 0 by older agents */
                                intervals: number;
                                /** @description max |d| */
                                largestDifference: number;
                                /** @description The candidate’s runs, in milliseconds */
                                latency: {
                                    p50: number | null;
                                    p95: number | null;
                                    runs: number;
                                };
                                model: string;
                                /** @description Σ|forecast of the candidate − forecast of the champion| */
                                moved: number;
                                /** @description The site’s label of that name when the device found it */
                                region: string;
                                /** @description Forecasts of both with their actual: what every sum is over */
                                rows: number;
                                site: string;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feature-views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the models see, one feature view a model, with the data sets that name it */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    /** @description Those that read it */
                    sensor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                champion: number | null;
                                /** @description That have to be known ahead */
                                covariates: string[];
                                /** @description That name it */
                                datasets: {
                                    name: string;
                                    owner: string;
                                    /** @enum {string} */
                                    sensitivity: "public" | "internal" | "confidential" | "restricted";
                                    steward: string;
                                }[];
                                description: string;
                                /**
                                 * @description What one row is about
                                 * @enum {string}
                                 */
                                entity: "product" | "site";
                                /** @description How many it has */
                                features: number;
                                /** @description Steps that it looks back on */
                                history: number;
                                /** @enum {string} */
                                kind: "daily-demand" | "sequence";
                                /** @description Of the model that defines it */
                                name: string;
                                /** @description That it reads */
                                sensors: string[];
                                /** @enum {string} */
                                step: "5m" | "15m" | "1h" | "1d";
                                /** @description Whose definition it is: the champion’s, or where there is none the newest’s */
                                version: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feature-views/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One feature view, with what each of its features is made of */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    model: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            champion: number | null;
                            /** @description That have to be known ahead */
                            covariates: string[];
                            /** @description That name it */
                            datasets: {
                                name: string;
                                owner: string;
                                /** @enum {string} */
                                sensitivity: "public" | "internal" | "confidential" | "restricted";
                                steward: string;
                            }[];
                            description: string;
                            /**
                             * @description What one row is about
                             * @enum {string}
                             */
                            entity: "product" | "site";
                            features: {
                                attributes: string[];
                                covariates: string[];
                                /**
                                 * @description history: closed days of its sensors (of days with the same covariates, of products with the same attributes); sensor: its last windows as they are; covariate: what is known ahead; static: an attribute, or a key, embedded; calendar: the day itself; unknown: not known to this release
                                 * @enum {string}
                                 */
                                from: "history" | "sensor" | "covariate" | "static" | "calendar" | "unknown";
                                name: string;
                                sensors: string[];
                            }[];
                            /** @description Steps that it looks back on */
                            history: number;
                            /** @enum {string} */
                            kind: "daily-demand" | "sequence";
                            /** @description Of the model that defines it */
                            name: string;
                            /** @description That it reads */
                            sensors: string[];
                            /** @enum {string} */
                            step: "5m" | "15m" | "1h" | "1d";
                            /** @description Whose definition it is: the champion’s, or where there is none the newest’s */
                            version: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The fleet at one look */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description That fire; those that are silenced or told by another are counted in `silenced` alone */
                            alerts: {
                                critical: number;
                                info: number;
                                silenced: number;
                                unacknowledged: number;
                                warning: number;
                            };
                            devices: {
                                disconnected: number;
                                operational: number;
                                quarantined: number;
                                reduced: number;
                                retired: number;
                                updating: number;
                            };
                            /** @description The cloud’s time */
                            now: number;
                            rollouts: {
                                aborting: number;
                                paused: number;
                                running: number;
                                undoing: number;
                            };
                            sites: number;
                            /** @description Stewardship tasks that are not closed */
                            tasks: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleet/happenings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened in the fleet or to one device, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description All that concerns this one: its events, alerts, tasks, rollouts, when it was connected and when away, certificates, and what people did to it */
                    device?: string;
                    /** @description Absent: a day before `to`; of a device from the beginning */
                    from?: number;
                    /** @description One or more, separated by commas; absent: all that the caller may see */
                    kind?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    /** @description Absent: now */
                    to?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                detail: string;
                                /** @description Its id; of a model its name */
                                key: string;
                                /** @enum {string} */
                                kind: "device" | "connection" | "certificate" | "rollout" | "model" | "alert" | "task" | "event" | "gap" | "support";
                                name: string;
                                /** @description Of alerts and events */
                                severity: string | null;
                                site: string | null;
                                /** @description enrolled, retired; started, succeeded, failed, aborted, undone; registered, alias; fired, resolved; opened, closed; of a device also what it was told by rollouts and came to (`device-active`, `device-failed`, …), `connected`, `went-away`, an event’s code, a gap’s cause, and what people did to it */
                                what: string;
                                /** @description Who did it, where a person did and the caller may know */
                                who: string | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast-calibration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How often actuals lay below each quantile of the forecasts, by version */
        get: {
            parameters: {
                query: {
                    entity?: string;
                    /** @description Of what begins at or after, Unix milliseconds */
                    from?: number;
                    model: string;
                    site?: string;
                    /** @description Of what begins before, Unix milliseconds */
                    to?: number;
                    version?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description The same with those that are equal: of a calibrated model the level lies between both */
                                atOrBelow: number[];
                                /** @description Share of actuals below each quantile, in the order of the model’s levels */
                                below: number[];
                                model: string;
                                /** @description Forecasts that are scored: the denominator of every share */
                                rows: number;
                                version: number;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast-scores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Accuracy of forecasts, pooled by any of model, version, site, product, local day, weekday, a label of the sites and an attribute of the products */
        get: {
            parameters: {
                query?: {
                    /** @description Of model, version, site, entity, day, weekday, label:<name> of the sites and attribute:<name> of the products, commas between */
                    by?: string;
                    entity?: string;
                    /** @description Of what begins at or after, Unix milliseconds */
                    from?: number;
                    model?: string;
                    site?: string;
                    /** @description Of what begins before, Unix milliseconds */
                    to?: number;
                    /** @description Of the attribute’s values, else the label’s, else of the products: so many by what was sold have rows of their own, the others one together; default 20 of an attribute, else all */
                    top?: number;
                    version?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Of the product, by attribute:<name>; null: it has none, or see `others` */
                                attribute?: string | null;
                                /** @description WAPE of the seasonal-naive baseline on the same rows */
                                baselineWape: number | null;
                                /** @description Left out: sales in a stock-out are a lower bound of demand */
                                censored: number;
                                /** @description Share of actuals from the lowest to the highest quantile */
                                coverage: number | null;
                                /** @description Local day of the span’s start */
                                day?: string;
                                /** @description The product, or the channel; null: see `others` */
                                entity?: string | null;
                                /** @description Of the site, by label:<name>; null: it has none, or see `others` */
                                label?: string | null;
                                model?: string;
                                /** @description Where only the largest have rows of their own: so many smaller ones are this row; null: it is one’s own */
                                others?: number | null;
                                /** @description Different products that were forecast; where only the largest have rows */
                                products?: number;
                                /** @description Forecasts that are scored: the denominator of every score */
                                rows: number;
                                /** @description Of what was sold in the scored forecasts that agree in the other keys, so that their WAPE is Σ share × WAPE; where only the largest have rows */
                                share?: number | null;
                                site?: string;
                                version?: number;
                                /** @description Actuals not in yet */
                                waiting: number;
                                /** @description Σ|forecast − actual| / Σ actual */
                                wape: number | null;
                                /** @description Of that day, from 1, Monday */
                                weekday?: number;
                                /** @description Σ(forecast − actual) / Σ actual */
                                wpe: number | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecasts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Forecasts by the start of their span, with what came of them */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    entity?: string;
                    /** @description Of what begins at or after, Unix milliseconds */
                    from?: number;
                    /** @description As many items a page holds */
                    limit?: number;
                    model?: string;
                    site?: string;
                    /** @description Of what begins before, Unix milliseconds */
                    to?: number;
                    version?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                actual: number | null;
                                baseline: number;
                                censored: boolean | null;
                                device: string;
                                /** @description Unix milliseconds, UTC */
                                end: number;
                                entity: string;
                                /** @description Unix milliseconds, UTC */
                                issuedAt: number;
                                mean: number;
                                model: string;
                                quantiles: number[];
                                scoredAt: number | null;
                                site: string;
                                /** @description Unix milliseconds, UTC */
                                start: number;
                                version: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gaps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Records that the cloud does not have, and why; newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    device?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                cause: string;
                                device: string;
                                epoch: number;
                                firstSeq: number;
                                id: number;
                                lastSeq: number;
                                /** @description Unix milliseconds, UTC */
                                noticedAt: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Groups of devices */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "DeviceGroup";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    selector: {
                                        /** @default [] */
                                        expressions: {
                                            label: string;
                                            /** @enum {string} */
                                            operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                                            values?: string[];
                                        }[];
                                        /** @default {} */
                                        labels: {
                                            [key: string]: string;
                                        };
                                    };
                                };
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/groups/{group}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One group */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    group: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "DeviceGroup";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                selector: {
                                    /** @default [] */
                                    expressions: {
                                        label: string;
                                        /** @enum {string} */
                                        operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                                        values?: string[];
                                    }[];
                                    /** @default {} */
                                    labels: {
                                        [key: string]: string;
                                    };
                                };
                            };
                        };
                    };
                };
            };
        };
        /** Create or replace a group: rollouts and alert rules that name it go by it from now on */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    group: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "DeviceGroup";
                        metadata: {
                            /** @default  */
                            description?: string;
                            name: string;
                        };
                        spec: {
                            selector: {
                                /** @default [] */
                                expressions?: {
                                    label: string;
                                    /** @enum {string} */
                                    operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                                    values?: string[];
                                }[];
                                /** @default {} */
                                labels?: {
                                    [key: string]: string;
                                };
                            };
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "DeviceGroup";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                selector: {
                                    /** @default [] */
                                    expressions: {
                                        label: string;
                                        /** @enum {string} */
                                        operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                                        values?: string[];
                                    }[];
                                    /** @default {} */
                                    labels: {
                                        [key: string]: string;
                                    };
                                };
                            };
                        };
                    };
                };
            };
        };
        post?: never;
        /** Remove a group that nothing names */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    group: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/identity/ca.pem": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Certificate of the authority */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/identity/crl.pem": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Revocation list */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/identity/server-certificates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign for a server that devices reach, such as a broker */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description PKCS#10 in PEM */
                        csr: string;
                        /** @description Host names and addresses as devices reach the server */
                        names: string[];
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description By which it knows devices */
                            ca: string;
                            /** @description PEM, with the authority’s behind it */
                            certificate: string;
                            /** @description Which of them it is to refuse */
                            crl: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/kpis": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** KPIs of a span, each with its formula, target, trend and source */
        get: {
            parameters: {
                query: {
                    by?: string;
                    /** @description Where a span of the same length ends by the cloud’s clock, for what the cloud itself does: its rollouts, its CPU; default `to`. For the last days of which there is data: `now` of /v1/newest-data */
                    cloudTo?: number;
                    from: number;
                    model?: string;
                    to: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /**
                                 * @description By whose clock its facts fall into the span: the shops’, or the cloud’s, see `cloudTo`
                                 * @enum {string}
                                 */
                                clock: "shops" | "cloud" | "both";
                                denominator: number;
                                formula: string;
                                groups: {
                                    denominator: number;
                                    group: string | null;
                                    numerator: number;
                                    /** @description numerator / denominator; null where that is 0 */
                                    value: number | null;
                                }[];
                                id: string;
                                met: boolean | null;
                                /** @description null: of the whole fleet */
                                model: string | null;
                                numerator: number;
                                /** @description Where its figures come from: self-measured series, or records */
                                source: string;
                                target: {
                                    above?: number;
                                    below?: number;
                                } | null;
                                title: string;
                                /** @description By local day */
                                trend: {
                                    day: string;
                                    denominator: number;
                                    numerator: number;
                                    /** @description numerator / denominator; null where that is 0 */
                                    value: number | null;
                                }[];
                                unit: string;
                                /** @description numerator / denominator; null where that is 0 */
                                value: number | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/kpis/{kpi}/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a change made of a KPI: before and after it, against shops that did not have it */
        get: {
            parameters: {
                query: {
                    /** @description Before is [from, change), after [change, to) */
                    change: number;
                    /** @description Label of the shops that had it not */
                    control?: string;
                    from: number;
                    model?: string;
                    to: number;
                    /** @description Label of the shops that had the change; every shop without it */
                    treated?: string;
                };
                header?: never;
                path: {
                    kpi: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Mean change of the treated less that of the control */
                            againstControl: {
                                estimate: number;
                                high: number | null;
                                /** @description null: of a single shop nothing is known */
                                low: number | null;
                            } | null;
                            /** @description Unix milliseconds, UTC */
                            change: number;
                            control: {
                                after: {
                                    denominator: number;
                                    numerator: number;
                                    /** @description numerator / denominator; null where that is 0 */
                                    value: number | null;
                                };
                                before: {
                                    denominator: number;
                                    numerator: number;
                                    /** @description numerator / denominator; null where that is 0 */
                                    value: number | null;
                                };
                                /** @description Mean over shops of after − before */
                                change: {
                                    estimate: number;
                                    high: number | null;
                                    /** @description null: of a single shop nothing is known */
                                    low: number | null;
                                } | null;
                                /** @description With a figure on one side only */
                                leftOut: number;
                                /** @description With a figure before and after */
                                shops: number;
                            } | null;
                            formula: string;
                            /** @description Unix milliseconds, UTC */
                            from: number;
                            id: string;
                            /** @description Of the intervals */
                            level: number;
                            method: string;
                            model: string | null;
                            source: string;
                            title: string;
                            /** @description Unix milliseconds, UTC */
                            to: number;
                            treated: {
                                after: {
                                    denominator: number;
                                    numerator: number;
                                    /** @description numerator / denominator; null where that is 0 */
                                    value: number | null;
                                };
                                before: {
                                    denominator: number;
                                    numerator: number;
                                    /** @description numerator / denominator; null where that is 0 */
                                    value: number | null;
                                };
                                /** @description Mean over shops of after − before */
                                change: {
                                    estimate: number;
                                    high: number | null;
                                    /** @description null: of a single shop nothing is known */
                                    low: number | null;
                                } | null;
                                /** @description With a figure on one side only */
                                leftOut: number;
                                /** @description With a figure before and after */
                                shops: number;
                            };
                            unit: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Ways to log in */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description For the command line; null: no provider is configured */
                            oidc: {
                                clientId: string;
                                issuer: string;
                                scopes: string[];
                            } | null;
                            /** @enum {boolean} */
                            password: true;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/login/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Send a browser to the provider */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/login/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the provider sends a browser back to */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List models */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                aliases: {
                                    [key: string]: number;
                                };
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                name: string;
                                versions: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One model */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    model: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            aliases: {
                                [key: string]: number;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            name: string;
                            versions: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/alias-history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When aliases moved, and why; newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    model: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                alias: string;
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                previous: number | null;
                                reason: string;
                                version: number | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/aliases/{alias}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Point an alias to a version */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    alias: string;
                    model: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @default  */
                        reason?: string;
                        version: number;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            aliases: {
                                [key: string]: number;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            name: string;
                            versions: number;
                        };
                    };
                };
            };
        };
        post?: never;
        /** Remove an alias */
        delete: {
            parameters: {
                query?: {
                    reason?: string;
                };
                header?: never;
                path: {
                    alias: string;
                    model: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            aliases: {
                                [key: string]: number;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            name: string;
                            versions: number;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What devices in service serve of a model, and should; by device */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description Only devices that serve another version than they should */
                    differs?: "true" | "false";
                    /** @description As many items a page holds */
                    limit?: number;
                    /** @description Devices that serve it, or should */
                    version?: number;
                };
                header?: never;
                path: {
                    model: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description The version that it should serve now; null: none of the model */
                                desiredVersion: number | null;
                                device: string;
                                error: {
                                    code: string;
                                    message: string;
                                } | null;
                                online: boolean;
                                /** @description Of its update of the model, as it said last */
                                phase: string | null;
                                reportedAt: number | null;
                                /** @description The version that it last said to serve; null: none, or it has not said */
                                servingVersion: number | null;
                                site: string;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Versions, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    model: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                aliases: string[];
                                bundle: {
                                    bytes: number;
                                    sha256: string;
                                };
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                manifest: {
                                    baseline: {
                                        [key: string]: number;
                                    };
                                    definition: {
                                        /** @enum {string} */
                                        apiVersion: "storecast/v1";
                                        /** @enum {string} */
                                        kind: "ModelDefinition";
                                        metadata: {
                                            /** @default  */
                                            description: string;
                                            name: string;
                                        };
                                        spec: {
                                            calibration: {
                                                /** @default 7 */
                                                conformalDays: number;
                                                /** @default 7 */
                                                levelDays: number;
                                                /** @default 60 */
                                                priorRows: number;
                                            };
                                            dataset: {
                                                /** @default {} */
                                                columns: {
                                                    [key: string]: string | string[];
                                                };
                                            };
                                            decision?: {
                                                /**
                                                 * @default {
                                                 *       "under": 9,
                                                 *       "over": 1
                                                 *     }
                                                 */
                                                costs: {
                                                    over: number;
                                                    under: number;
                                                };
                                                /** @default 24h */
                                                leadTime: string;
                                                /** @default reorder */
                                                name: string;
                                                onOrder?: string;
                                                pack: {
                                                    attribute?: string;
                                                    /** @default 1 */
                                                    size: number;
                                                };
                                                /** @default 6h */
                                                staleAfter: string;
                                                /** @default stock */
                                                stock: string;
                                                /**
                                                 * @description A CEL expression
                                                 * @default demand.p90 > stock + on_order
                                                 */
                                                when: string;
                                            };
                                            horizon: number;
                                            /** @default Apache-2.0 */
                                            licence: string;
                                            network: {
                                                /** @enum {string} */
                                                kind: "seasonal-naive";
                                                /** @default 7 */
                                                season: number;
                                            } | {
                                                /** @default 2 */
                                                blocks: number;
                                                /** @default 0.35 */
                                                dropout: number;
                                                /** @default [] */
                                                halfWithout: string[];
                                                /** @enum {string} */
                                                kind: "residual-mlp";
                                                /** @default 128 */
                                                width: number;
                                            } | {
                                                /** @enum {string} */
                                                kind: "revin-linear";
                                            } | {
                                                /** @enum {string} */
                                                kind: "imported";
                                                /**
                                                 * @default float32
                                                 * @enum {string}
                                                 */
                                                precision: "float32" | "int8";
                                                /** @default {} */
                                                vocabulary: {
                                                    [key: string]: string[];
                                                };
                                            };
                                            /**
                                             * @default [
                                             *       0.1,
                                             *       0.5,
                                             *       0.9
                                             *     ]
                                             */
                                            quantiles: number[];
                                            /** @default 0 0 * * * */
                                            schedule: string;
                                            training: {
                                                /** @default 512 */
                                                batch: number;
                                                /** @default 5 */
                                                epochs: number;
                                                /** @default 0.001 */
                                                learningRate: number;
                                                /**
                                                 * @default [
                                                 *       1,
                                                 *       2,
                                                 *       3
                                                 *     ]
                                                 */
                                                seeds: number[];
                                                /** @default 0.1 */
                                                weightDecay: number;
                                            };
                                            view: {
                                                censoredBy: string;
                                                /** @default [] */
                                                groups: string[];
                                                /** @enum {string} */
                                                kind: "daily-demand";
                                                knownAhead: {
                                                    entity: string[];
                                                    site: string[];
                                                };
                                                /**
                                                 * @default [
                                                 *       6,
                                                 *       22
                                                 *     ]
                                                 */
                                                openHours: [
                                                    number,
                                                    number
                                                ];
                                                /** @default [] */
                                                states: string[];
                                                statics: {
                                                    [key: string]: number;
                                                };
                                                target: string;
                                            } | {
                                                channels: "*" | string[];
                                                context: number;
                                                /** @enum {string} */
                                                kind: "sequence";
                                                /** @enum {string} */
                                                step: "5m" | "15m" | "1h" | "1d";
                                            };
                                        };
                                    };
                                    features: string[];
                                    files: {
                                        [key: string]: string;
                                    };
                                    /** @default [] */
                                    fill: number[];
                                    /** @enum {number} */
                                    format: 1;
                                    inputs: {
                                        name: string;
                                        shape: (number | string)[];
                                        /** @enum {string} */
                                        type: "float32" | "int64";
                                    }[];
                                    lineage: {
                                        dataset: {
                                            from: string;
                                            rows: number;
                                            sha256: string;
                                            to: string;
                                        };
                                        seconds: number;
                                        storecast: string;
                                        trainedAt: string;
                                    };
                                    metrics: {
                                        [key: string]: number;
                                    };
                                    outputs: {
                                        name: string;
                                        shape: (number | string)[];
                                        /** @enum {string} */
                                        type: "float32" | "int64";
                                    }[];
                                    /** @enum {string} */
                                    precision: "float32" | "int8";
                                    quantization: {
                                        bytesFloat32: number;
                                        bytesInt8: number;
                                        calibrationRows: number;
                                        scheme: string;
                                    } | null;
                                    vocabulary: {
                                        [key: string]: string[];
                                    };
                                };
                                model: string;
                                source: {
                                    /** @enum {string} */
                                    kind: "upload";
                                } | {
                                    /** @enum {string} */
                                    kind: "training";
                                    run: string;
                                };
                                tags: {
                                    [key: string]: string;
                                };
                                version: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Register a model bundle as the next version
         * @description The body is the bundle, as application/x-tar. The same bytes again give the version they have.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    model: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            aliases: string[];
                            bundle: {
                                bytes: number;
                                sha256: string;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            manifest: {
                                baseline: {
                                    [key: string]: number;
                                };
                                definition: {
                                    /** @enum {string} */
                                    apiVersion: "storecast/v1";
                                    /** @enum {string} */
                                    kind: "ModelDefinition";
                                    metadata: {
                                        /** @default  */
                                        description: string;
                                        name: string;
                                    };
                                    spec: {
                                        calibration: {
                                            /** @default 7 */
                                            conformalDays: number;
                                            /** @default 7 */
                                            levelDays: number;
                                            /** @default 60 */
                                            priorRows: number;
                                        };
                                        dataset: {
                                            /** @default {} */
                                            columns: {
                                                [key: string]: string | string[];
                                            };
                                        };
                                        decision?: {
                                            /**
                                             * @default {
                                             *       "under": 9,
                                             *       "over": 1
                                             *     }
                                             */
                                            costs: {
                                                over: number;
                                                under: number;
                                            };
                                            /** @default 24h */
                                            leadTime: string;
                                            /** @default reorder */
                                            name: string;
                                            onOrder?: string;
                                            pack: {
                                                attribute?: string;
                                                /** @default 1 */
                                                size: number;
                                            };
                                            /** @default 6h */
                                            staleAfter: string;
                                            /** @default stock */
                                            stock: string;
                                            /**
                                             * @description A CEL expression
                                             * @default demand.p90 > stock + on_order
                                             */
                                            when: string;
                                        };
                                        horizon: number;
                                        /** @default Apache-2.0 */
                                        licence: string;
                                        network: {
                                            /** @enum {string} */
                                            kind: "seasonal-naive";
                                            /** @default 7 */
                                            season: number;
                                        } | {
                                            /** @default 2 */
                                            blocks: number;
                                            /** @default 0.35 */
                                            dropout: number;
                                            /** @default [] */
                                            halfWithout: string[];
                                            /** @enum {string} */
                                            kind: "residual-mlp";
                                            /** @default 128 */
                                            width: number;
                                        } | {
                                            /** @enum {string} */
                                            kind: "revin-linear";
                                        } | {
                                            /** @enum {string} */
                                            kind: "imported";
                                            /**
                                             * @default float32
                                             * @enum {string}
                                             */
                                            precision: "float32" | "int8";
                                            /** @default {} */
                                            vocabulary: {
                                                [key: string]: string[];
                                            };
                                        };
                                        /**
                                         * @default [
                                         *       0.1,
                                         *       0.5,
                                         *       0.9
                                         *     ]
                                         */
                                        quantiles: number[];
                                        /** @default 0 0 * * * */
                                        schedule: string;
                                        training: {
                                            /** @default 512 */
                                            batch: number;
                                            /** @default 5 */
                                            epochs: number;
                                            /** @default 0.001 */
                                            learningRate: number;
                                            /**
                                             * @default [
                                             *       1,
                                             *       2,
                                             *       3
                                             *     ]
                                             */
                                            seeds: number[];
                                            /** @default 0.1 */
                                            weightDecay: number;
                                        };
                                        view: {
                                            censoredBy: string;
                                            /** @default [] */
                                            groups: string[];
                                            /** @enum {string} */
                                            kind: "daily-demand";
                                            knownAhead: {
                                                entity: string[];
                                                site: string[];
                                            };
                                            /**
                                             * @default [
                                             *       6,
                                             *       22
                                             *     ]
                                             */
                                            openHours: [
                                                number,
                                                number
                                            ];
                                            /** @default [] */
                                            states: string[];
                                            statics: {
                                                [key: string]: number;
                                            };
                                            target: string;
                                        } | {
                                            channels: "*" | string[];
                                            context: number;
                                            /** @enum {string} */
                                            kind: "sequence";
                                            /** @enum {string} */
                                            step: "5m" | "15m" | "1h" | "1d";
                                        };
                                    };
                                };
                                features: string[];
                                files: {
                                    [key: string]: string;
                                };
                                /** @default [] */
                                fill: number[];
                                /** @enum {number} */
                                format: 1;
                                inputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                lineage: {
                                    dataset: {
                                        from: string;
                                        rows: number;
                                        sha256: string;
                                        to: string;
                                    };
                                    seconds: number;
                                    storecast: string;
                                    trainedAt: string;
                                };
                                metrics: {
                                    [key: string]: number;
                                };
                                outputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                /** @enum {string} */
                                precision: "float32" | "int8";
                                quantization: {
                                    bytesFloat32: number;
                                    bytesInt8: number;
                                    calibrationRows: number;
                                    scheme: string;
                                } | null;
                                vocabulary: {
                                    [key: string]: string[];
                                };
                            };
                            model: string;
                            source: {
                                /** @enum {string} */
                                kind: "upload";
                            } | {
                                /** @enum {string} */
                                kind: "training";
                                run: string;
                            };
                            tags: {
                                [key: string]: string;
                            };
                            version: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    model: string;
                    version: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            aliases: string[];
                            bundle: {
                                bytes: number;
                                sha256: string;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            manifest: {
                                baseline: {
                                    [key: string]: number;
                                };
                                definition: {
                                    /** @enum {string} */
                                    apiVersion: "storecast/v1";
                                    /** @enum {string} */
                                    kind: "ModelDefinition";
                                    metadata: {
                                        /** @default  */
                                        description: string;
                                        name: string;
                                    };
                                    spec: {
                                        calibration: {
                                            /** @default 7 */
                                            conformalDays: number;
                                            /** @default 7 */
                                            levelDays: number;
                                            /** @default 60 */
                                            priorRows: number;
                                        };
                                        dataset: {
                                            /** @default {} */
                                            columns: {
                                                [key: string]: string | string[];
                                            };
                                        };
                                        decision?: {
                                            /**
                                             * @default {
                                             *       "under": 9,
                                             *       "over": 1
                                             *     }
                                             */
                                            costs: {
                                                over: number;
                                                under: number;
                                            };
                                            /** @default 24h */
                                            leadTime: string;
                                            /** @default reorder */
                                            name: string;
                                            onOrder?: string;
                                            pack: {
                                                attribute?: string;
                                                /** @default 1 */
                                                size: number;
                                            };
                                            /** @default 6h */
                                            staleAfter: string;
                                            /** @default stock */
                                            stock: string;
                                            /**
                                             * @description A CEL expression
                                             * @default demand.p90 > stock + on_order
                                             */
                                            when: string;
                                        };
                                        horizon: number;
                                        /** @default Apache-2.0 */
                                        licence: string;
                                        network: {
                                            /** @enum {string} */
                                            kind: "seasonal-naive";
                                            /** @default 7 */
                                            season: number;
                                        } | {
                                            /** @default 2 */
                                            blocks: number;
                                            /** @default 0.35 */
                                            dropout: number;
                                            /** @default [] */
                                            halfWithout: string[];
                                            /** @enum {string} */
                                            kind: "residual-mlp";
                                            /** @default 128 */
                                            width: number;
                                        } | {
                                            /** @enum {string} */
                                            kind: "revin-linear";
                                        } | {
                                            /** @enum {string} */
                                            kind: "imported";
                                            /**
                                             * @default float32
                                             * @enum {string}
                                             */
                                            precision: "float32" | "int8";
                                            /** @default {} */
                                            vocabulary: {
                                                [key: string]: string[];
                                            };
                                        };
                                        /**
                                         * @default [
                                         *       0.1,
                                         *       0.5,
                                         *       0.9
                                         *     ]
                                         */
                                        quantiles: number[];
                                        /** @default 0 0 * * * */
                                        schedule: string;
                                        training: {
                                            /** @default 512 */
                                            batch: number;
                                            /** @default 5 */
                                            epochs: number;
                                            /** @default 0.001 */
                                            learningRate: number;
                                            /**
                                             * @default [
                                             *       1,
                                             *       2,
                                             *       3
                                             *     ]
                                             */
                                            seeds: number[];
                                            /** @default 0.1 */
                                            weightDecay: number;
                                        };
                                        view: {
                                            censoredBy: string;
                                            /** @default [] */
                                            groups: string[];
                                            /** @enum {string} */
                                            kind: "daily-demand";
                                            knownAhead: {
                                                entity: string[];
                                                site: string[];
                                            };
                                            /**
                                             * @default [
                                             *       6,
                                             *       22
                                             *     ]
                                             */
                                            openHours: [
                                                number,
                                                number
                                            ];
                                            /** @default [] */
                                            states: string[];
                                            statics: {
                                                [key: string]: number;
                                            };
                                            target: string;
                                        } | {
                                            channels: "*" | string[];
                                            context: number;
                                            /** @enum {string} */
                                            kind: "sequence";
                                            /** @enum {string} */
                                            step: "5m" | "15m" | "1h" | "1d";
                                        };
                                    };
                                };
                                features: string[];
                                files: {
                                    [key: string]: string;
                                };
                                /** @default [] */
                                fill: number[];
                                /** @enum {number} */
                                format: 1;
                                inputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                lineage: {
                                    dataset: {
                                        from: string;
                                        rows: number;
                                        sha256: string;
                                        to: string;
                                    };
                                    seconds: number;
                                    storecast: string;
                                    trainedAt: string;
                                };
                                metrics: {
                                    [key: string]: number;
                                };
                                outputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                /** @enum {string} */
                                precision: "float32" | "int8";
                                quantization: {
                                    bytesFloat32: number;
                                    bytesInt8: number;
                                    calibrationRows: number;
                                    scheme: string;
                                } | null;
                                vocabulary: {
                                    [key: string]: string[];
                                };
                            };
                            model: string;
                            source: {
                                /** @enum {string} */
                                kind: "upload";
                            } | {
                                /** @enum {string} */
                                kind: "training";
                                run: string;
                            };
                            tags: {
                                [key: string]: string;
                            };
                            version: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/versions/{version}/approval": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has signed for a version, and whether devices take it */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    model: string;
                    version: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Of the metadata that names the version; null: none does */
                            expires: number | null;
                            /** @description Ids of keys, as the root names them */
                            keys: string[];
                            /** @description What is the matter, and what to do */
                            reason: string | null;
                            /** @description Ids of keys, as the root names them */
                            signedBy: string[];
                            /**
                             * @description Devices take a version that is approved, and no other
                             * @enum {string}
                             */
                            state: "approved" | "signing" | "unapproved" | "revoked" | "waiting" | "expired";
                            /** @description How many of the keys have to sign */
                            threshold: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/versions/{version}/evaluation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A version’s card, held-out scores by site, calibration, and the distributions it was trained on */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    model: string;
                    version: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description What the model is for and how well it does, as Markdown of whoever made it */
                            card: string | null;
                            /** @description What drift is measured against, over all sites; features are in the units of the model’s inputs */
                            distributions: {
                                /** @description Ascending, each (from, to]; null: without an end */
                                bins: {
                                    from: number | null;
                                    rows: number;
                                    to: number | null;
                                }[];
                                /** @enum {string} */
                                kind: "target" | "feature";
                                mean: number;
                                name: string;
                                rows: number;
                                sd: number;
                            }[];
                            /** @description Of days that the network had not seen, before any device’s calibration; null: the bundle tells none */
                            heldOut: {
                                /** @description The same with those that are equal */
                                atOrBelow: number[];
                                /** @description Share of actuals below each level’s quantile */
                                below: number[];
                                /** @description Of the quantiles, ascending */
                                readonly levels: number[];
                                rows: number;
                                sites: {
                                    /** @description Share of actuals from the lowest to the highest quantile */
                                    coverage: number | null;
                                    rows: number;
                                    /** @description As the training data names it */
                                    site: string;
                                    /** @description Σ|forecast − actual| / Σ actual */
                                    wape: number | null;
                                    /** @description Σ(forecast − actual) / Σ actual */
                                    wpe: number | null;
                                }[];
                            } | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}/versions/{version}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Replace the tags of a version */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    model: string;
                    version: number;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        [key: string]: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            aliases: string[];
                            bundle: {
                                bytes: number;
                                sha256: string;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            manifest: {
                                baseline: {
                                    [key: string]: number;
                                };
                                definition: {
                                    /** @enum {string} */
                                    apiVersion: "storecast/v1";
                                    /** @enum {string} */
                                    kind: "ModelDefinition";
                                    metadata: {
                                        /** @default  */
                                        description: string;
                                        name: string;
                                    };
                                    spec: {
                                        calibration: {
                                            /** @default 7 */
                                            conformalDays: number;
                                            /** @default 7 */
                                            levelDays: number;
                                            /** @default 60 */
                                            priorRows: number;
                                        };
                                        dataset: {
                                            /** @default {} */
                                            columns: {
                                                [key: string]: string | string[];
                                            };
                                        };
                                        decision?: {
                                            /**
                                             * @default {
                                             *       "under": 9,
                                             *       "over": 1
                                             *     }
                                             */
                                            costs: {
                                                over: number;
                                                under: number;
                                            };
                                            /** @default 24h */
                                            leadTime: string;
                                            /** @default reorder */
                                            name: string;
                                            onOrder?: string;
                                            pack: {
                                                attribute?: string;
                                                /** @default 1 */
                                                size: number;
                                            };
                                            /** @default 6h */
                                            staleAfter: string;
                                            /** @default stock */
                                            stock: string;
                                            /**
                                             * @description A CEL expression
                                             * @default demand.p90 > stock + on_order
                                             */
                                            when: string;
                                        };
                                        horizon: number;
                                        /** @default Apache-2.0 */
                                        licence: string;
                                        network: {
                                            /** @enum {string} */
                                            kind: "seasonal-naive";
                                            /** @default 7 */
                                            season: number;
                                        } | {
                                            /** @default 2 */
                                            blocks: number;
                                            /** @default 0.35 */
                                            dropout: number;
                                            /** @default [] */
                                            halfWithout: string[];
                                            /** @enum {string} */
                                            kind: "residual-mlp";
                                            /** @default 128 */
                                            width: number;
                                        } | {
                                            /** @enum {string} */
                                            kind: "revin-linear";
                                        } | {
                                            /** @enum {string} */
                                            kind: "imported";
                                            /**
                                             * @default float32
                                             * @enum {string}
                                             */
                                            precision: "float32" | "int8";
                                            /** @default {} */
                                            vocabulary: {
                                                [key: string]: string[];
                                            };
                                        };
                                        /**
                                         * @default [
                                         *       0.1,
                                         *       0.5,
                                         *       0.9
                                         *     ]
                                         */
                                        quantiles: number[];
                                        /** @default 0 0 * * * */
                                        schedule: string;
                                        training: {
                                            /** @default 512 */
                                            batch: number;
                                            /** @default 5 */
                                            epochs: number;
                                            /** @default 0.001 */
                                            learningRate: number;
                                            /**
                                             * @default [
                                             *       1,
                                             *       2,
                                             *       3
                                             *     ]
                                             */
                                            seeds: number[];
                                            /** @default 0.1 */
                                            weightDecay: number;
                                        };
                                        view: {
                                            censoredBy: string;
                                            /** @default [] */
                                            groups: string[];
                                            /** @enum {string} */
                                            kind: "daily-demand";
                                            knownAhead: {
                                                entity: string[];
                                                site: string[];
                                            };
                                            /**
                                             * @default [
                                             *       6,
                                             *       22
                                             *     ]
                                             */
                                            openHours: [
                                                number,
                                                number
                                            ];
                                            /** @default [] */
                                            states: string[];
                                            statics: {
                                                [key: string]: number;
                                            };
                                            target: string;
                                        } | {
                                            channels: "*" | string[];
                                            context: number;
                                            /** @enum {string} */
                                            kind: "sequence";
                                            /** @enum {string} */
                                            step: "5m" | "15m" | "1h" | "1d";
                                        };
                                    };
                                };
                                features: string[];
                                files: {
                                    [key: string]: string;
                                };
                                /** @default [] */
                                fill: number[];
                                /** @enum {number} */
                                format: 1;
                                inputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                lineage: {
                                    dataset: {
                                        from: string;
                                        rows: number;
                                        sha256: string;
                                        to: string;
                                    };
                                    seconds: number;
                                    storecast: string;
                                    trainedAt: string;
                                };
                                metrics: {
                                    [key: string]: number;
                                };
                                outputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                /** @enum {string} */
                                precision: "float32" | "int8";
                                quantization: {
                                    bytesFloat32: number;
                                    bytesInt8: number;
                                    calibrationRows: number;
                                    scheme: string;
                                } | null;
                                vocabulary: {
                                    [key: string]: string[];
                                };
                            };
                            model: string;
                            source: {
                                /** @enum {string} */
                                kind: "upload";
                            } | {
                                /** @enum {string} */
                                kind: "training";
                                run: string;
                            };
                            tags: {
                                [key: string]: string;
                            };
                            version: number;
                        };
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/monitoring-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs that looked for drift, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                attempts: number;
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                error: {
                                    code: string;
                                    message: string;
                                } | null;
                                finishedAt: number | null;
                                id: string;
                                /** @description Asked for, not by the schedule */
                                manual: boolean;
                                /** @enum {string} */
                                state: "queued" | "running" | "succeeded" | "failed";
                                /** @description Devices with data, and results by verdict */
                                summary: {
                                    devices: number;
                                    drift: {
                                        [key: string]: number;
                                    };
                                    performance: {
                                        [key: string]: number;
                                    };
                                } | null;
                                /** @description Only what had closed by then */
                                until: number | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Look for drift now */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description Only at what had closed by then
                         * @default null
                         */
                        until?: number | null;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            attempts: number;
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            error: {
                                code: string;
                                message: string;
                            } | null;
                            finishedAt: number | null;
                            id: string;
                            /** @description Asked for, not by the schedule */
                            manual: boolean;
                            /** @enum {string} */
                            state: "queued" | "running" | "succeeded" | "failed";
                            /** @description Devices with data, and results by verdict */
                            summary: {
                                devices: number;
                                drift: {
                                    [key: string]: number;
                                };
                                performance: {
                                    [key: string]: number;
                                };
                            } | null;
                            /** @description Only what had closed by then */
                            until: number | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/monitoring-runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of them */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    run: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            attempts: number;
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            error: {
                                code: string;
                                message: string;
                            } | null;
                            finishedAt: number | null;
                            id: string;
                            /** @description Asked for, not by the schedule */
                            manual: boolean;
                            /** @enum {string} */
                            state: "queued" | "running" | "succeeded" | "failed";
                            /** @description Devices with data, and results by verdict */
                            summary: {
                                devices: number;
                                drift: {
                                    [key: string]: number;
                                };
                                performance: {
                                    [key: string]: number;
                                };
                            } | null;
                            /** @description Only what had closed by then */
                            until: number | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/newest-data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Up to when there is data, as the devices that were heard last tell: where a span that ends "now" ends */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description null: nothing came yet */
                            at: number | null;
                            /** @description By the cloud’s clock */
                            now: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/objects/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A model bundle, document or data set by its digest; `Range` is honoured
         * @description A device reads what its desired state points to, a person everything, or, with a label limit, models and what their sites have.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * A model bundle, document or data set by its digest; `Range` is honoured
         * @description A device reads what its desired state points to, a person everything, or, with a label limit, models and what their sites have.
         */
        head: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        patch?: never;
        trace?: never;
    };
    "/v1/performance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How forecasts did, against validation and the seasonal-naive baseline */
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    /** @description With the scores of every day */
                    days?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    model?: string;
                    name?: string;
                    /** @description Default: the newest run that succeeded; "all": over time, newest first */
                    run?: string;
                    scope?: string;
                    verdict?: "below-baseline" | "worse" | "as-validated" | "insufficient";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description The same of every day, where asked for */
                                days: {
                                    /** @description WAPE of the seasonal naive on the same rows */
                                    baselineWape: number | null;
                                    /** @description Σ(forecast − actual) / Σ actual */
                                    bias: number | null;
                                    /** @description Share of actuals from the lowest to the highest quantile */
                                    coverage: number | null;
                                    /** @description Local date */
                                    day: string;
                                    mae: number | null;
                                    rmse: number | null;
                                    rows: number;
                                    /** @description Σ|forecast − actual| / Σ actual */
                                    wape: number | null;
                                }[] | null;
                                devices: number;
                                /** @description Unix milliseconds, UTC */
                                from: number;
                                horizon: string;
                                /** @description Forecasts of days with a stock-out */
                                leftOut: number;
                                model: string;
                                /** @description The device, or the label’s value; empty for the fleet */
                                name: string;
                                p: number | null;
                                q: number | null;
                                reason: string | null;
                                /** @description Forecasts that are scored */
                                rows: number;
                                run: string;
                                /** @description device, fleet, or the label that devices are grouped by */
                                scope: string;
                                scores: {
                                    /** @description WAPE of the seasonal naive on the same rows */
                                    baselineWape: number | null;
                                    /** @description Σ(forecast − actual) / Σ actual */
                                    bias: number | null;
                                    /** @description Share of actuals from the lowest to the highest quantile */
                                    coverage: number | null;
                                    mae: number | null;
                                    rmse: number | null;
                                    /** @description Σ|forecast − actual| / Σ actual */
                                    wape: number | null;
                                };
                                /** @description Unix milliseconds, UTC */
                                to: number;
                                validation: {
                                    baselineWape: number | null;
                                    coverage: number | null;
                                    /**
                                     * @description The same sites’ held-out days, or all that was trained on
                                     * @enum {string}
                                     */
                                    of: "sites" | "training";
                                    wape: number;
                                } | null;
                                /** @enum {string} */
                                verdict: "below-baseline" | "worse" | "as-validated" | "insufficient";
                                version: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Policies in force */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "Policy";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    gates: ("register" | "approve" | "rollout")[];
                                    /** @description A CEL expression */
                                    match?: string;
                                    validationActions: ("Deny" | "Warn" | "Audit")[];
                                    validations: {
                                        /** @description A CEL expression */
                                        expression: string;
                                        message?: string;
                                        /** @description A CEL expression */
                                        messageExpression?: string;
                                    }[];
                                };
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policies/{policy}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One policy */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    policy: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "Policy";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                gates: ("register" | "approve" | "rollout")[];
                                /** @description A CEL expression */
                                match?: string;
                                validationActions: ("Deny" | "Warn" | "Audit")[];
                                validations: {
                                    /** @description A CEL expression */
                                    expression: string;
                                    message?: string;
                                    /** @description A CEL expression */
                                    messageExpression?: string;
                                }[];
                            };
                        };
                    };
                };
            };
        };
        /** Create or replace a policy */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    policy: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "Policy";
                        metadata: {
                            /** @default  */
                            description?: string;
                            name: string;
                        };
                        spec: {
                            gates: ("register" | "approve" | "rollout")[];
                            /** @description A CEL expression */
                            match?: string;
                            validationActions: ("Deny" | "Warn" | "Audit")[];
                            validations: {
                                /** @description A CEL expression */
                                expression: string;
                                message?: string;
                                /** @description A CEL expression */
                                messageExpression?: string;
                            }[];
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "Policy";
                            metadata: {
                                /** @default  */
                                description: string;
                                name: string;
                            };
                            spec: {
                                gates: ("register" | "approve" | "rollout")[];
                                /** @description A CEL expression */
                                match?: string;
                                validationActions: ("Deny" | "Warn" | "Audit")[];
                                validations: {
                                    /** @description A CEL expression */
                                    expression: string;
                                    message?: string;
                                    /** @description A CEL expression */
                                    messageExpression?: string;
                                }[];
                            };
                        };
                    };
                };
            };
        };
        post?: never;
        /** Remove a policy */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    policy: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policy-evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What policies would say of a version at a gate; nothing is done */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description How many devices a rollout would be of
                         * @default 0
                         */
                        devices?: number;
                        /** @enum {string} */
                        gate: "register" | "approve" | "rollout";
                        /** @description models:/demand/3 or models:/demand@candidate */
                        model: string;
                        /** @description Asked in place of those in force */
                        policies?: {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "Policy";
                            metadata: {
                                /** @default  */
                                description?: string;
                                name: string;
                            };
                            spec: {
                                gates: ("register" | "approve" | "rollout")[];
                                /** @description A CEL expression */
                                match?: string;
                                validationActions: ("Deny" | "Warn" | "Audit")[];
                                validations: {
                                    /** @description A CEL expression */
                                    expression: string;
                                    message?: string;
                                    /** @description A CEL expression */
                                    messageExpression?: string;
                                }[];
                            };
                        }[];
                        /** @default {} */
                        selector?: {
                            [key: string]: unknown;
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            decisions: {
                                gate: string;
                                inputs: {
                                    [key: string]: unknown;
                                };
                                messages: string[];
                                policy: string;
                                /** @description Of the policy’s RFC 8785 JSON */
                                sha256: string;
                                /** @enum {string} */
                                verdict: "allow" | "audit" | "warn" | "deny";
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/product-attributes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What products are told apart by in the sites’ catalogues: what forecasts can be scored by */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                name: string;
                                /** @description That carry it, those of each site counted by themselves */
                                products: number;
                                /** @description Whose catalogues have it */
                                sites: number;
                                /** @description Different ones at the site that has most: where each product has its own, as many as products */
                                values: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Copies of devices that wait for a decision */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description Those of it */
                    device?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Batches kept apart until someone decides */
                                batches: number;
                                dbId: string;
                                device: string;
                                epoch: number;
                                /** @description Unix milliseconds, UTC */
                                openedAt: number;
                                /** @description fork: two copies of one device speak */
                                reason: string;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine/{device}/{epoch}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Throw away what was kept apart of this copy */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                    epoch: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Copies of the device that still wait */
                            items: {
                                /** @description Batches kept apart until someone decides */
                                batches: number;
                                dbId: string;
                                device: string;
                                epoch: number;
                                /** @description Unix milliseconds, UTC */
                                openedAt: number;
                                /** @description fork: two copies of one device speak */
                                reason: string;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine/{device}/{epoch}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make this copy the device, with all that was kept apart */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    device: string;
                    epoch: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Copies of the device that still wait */
                            items: {
                                /** @description Batches kept apart until someone decides */
                                batches: number;
                                dbId: string;
                                device: string;
                                epoch: number;
                                /** @description Unix milliseconds, UTC */
                                openedAt: number;
                                /** @description fork: two copies of one device speak */
                                reason: string;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/queued-actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What devices were told while they were away, and until when it waits for them; by device */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    device?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    rollout?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @enum {string} */
                                action: "serve" | "go-back";
                                device: string;
                                /** @description The device goes without then; null: it waits as long as it takes */
                                expiresAt: number | null;
                                /** @description Number of the rollout */
                                id: string;
                                model: string;
                                rollout: string;
                                /** @description Unix milliseconds, UTC */
                                since: number;
                                /** @description Null: none of the model */
                                version: number | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Roles, and what each lets people do */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            permissions: {
                                /** @description What it lets one do: it “lets one …” */
                                lets: string;
                                permission: string;
                                /** @description Those that have it */
                                roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                            }[];
                            roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rollouts, newest first; of the newest analysis what it came to */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description With the documents that they were started with */
                    document?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    model?: string;
                    /** @description One state, or several with commas between */
                    state?: string;
                    version?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Of the newest, what it came to */
                                analysis: {
                                    analysis: {
                                        /** @description No later day will change it */
                                        final: boolean;
                                        reason: string;
                                        /** @enum {string} */
                                        verdict: "guard-stop" | "worse" | "pause" | "heterogeneous" | "better" | "non-inferior" | "inconclusive";
                                    };
                                    /** @description Unix milliseconds, UTC */
                                    at: number;
                                    step: number;
                                } | null;
                                counts: {
                                    /** @description Every device that is or was in it */
                                    devices: number;
                                    /** @description Retired, told otherwise since, or away for too long */
                                    excluded: number;
                                    failed: number;
                                    /** @description Those that came after the start */
                                    late: number;
                                    /** @description Away: they begin when they come back */
                                    offline: number;
                                    pending: number;
                                    reverted: number;
                                    reverting: number;
                                    rolledBack: number;
                                    /** @description Of those untold, with the candidate in shadow */
                                    shadow: number;
                                    /** @description Connected, and not heard of for longer than the deadline, or never there in all their time */
                                    silent: number;
                                    succeeded: number;
                                    /** @description The sum of the states below */
                                    told: number;
                                    /** @description Neither told to serve the version nor excluded */
                                    untold: number;
                                    updating: number;
                                };
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                /** @description As it was started, with its defaults, where asked for */
                                document: {
                                    [key: string]: unknown;
                                } | null;
                                finishedAt: number | null;
                                full: boolean;
                                id: string;
                                model: string;
                                name: string;
                                /** @description Who let it pass 25 % of its devices */
                                proven: ("evidence" | "person") | null;
                                /** @description Why it is in that state, or what it waits for */
                                reason: string | null;
                                /** @enum {string} */
                                state: "running" | "paused" | "aborting" | "undoing" | "succeeded" | "failed" | "aborted" | "undone";
                                /** @description The step that goes on, from 0; as many as there are steps once all are done */
                                step: number;
                                /** @description How many there are */
                                steps: number;
                                version: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Start a rollout: a model version to the devices of a selector, in steps, on evidence */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "Rollout";
                        metadata: {
                            /** @default  */
                            description?: string;
                            /** @default {} */
                            labels?: {
                                [key: string]: string;
                            };
                            name: string & (unknown & unknown);
                        };
                        spec: {
                            alias?: string;
                            /** @default {} */
                            analysis?: {
                                /** @default 200 */
                                devices?: number;
                                /** @default {} */
                                guards?: {
                                    /** @default 0.1 */
                                    coverageLoss?: number | null;
                                    /** @default 50 */
                                    latencyP95Ms?: number | null;
                                    /** @default 1 */
                                    maxCrashes?: number | null;
                                };
                                /** @default 0.03 */
                                margin?: number;
                                /** @default 14 */
                                maxDays?: number;
                                /** @default 7 */
                                minDays?: number;
                                /** @default 100 */
                                minDevices?: number;
                                /**
                                 * @default hold
                                 * @enum {string}
                                 */
                                onInconclusive?: "hold" | "abort";
                                replay?: {
                                    dailySd: number;
                                    longRunRatio: number;
                                };
                                /** @default region */
                                stratifyBy?: string;
                            };
                            /** @default null */
                            concurrency?: number | null;
                            /** @default 1h */
                            deadline?: string;
                            /** @default null */
                            disruption?: {
                                groupBy: string;
                                maxUnavailable: number | string;
                            } | null;
                            /**
                             * @default required
                             * @enum {string}
                             */
                            evidence?: "required" | "none";
                            /**
                             * @default join
                             * @enum {string}
                             */
                            lateJoiners?: "join" | "ignore";
                            /** @default 0.1 */
                            maxFailed?: number;
                            /** @default 0.9 */
                            minSucceeded?: number;
                            model: string;
                            /** @default 7d */
                            offlineExpiry?: string;
                            /**
                             * @default pause
                             * @enum {string}
                             */
                            onFailure?: "pause" | "abort";
                            /** @default {} */
                            selector?: {
                                /** @default [] */
                                expressions?: {
                                    label: string;
                                    /** @enum {string} */
                                    operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                                    values?: string[];
                                }[];
                                /** @default [] */
                                groups?: string[];
                                /** @default {} */
                                labels?: {
                                    [key: string]: string;
                                };
                            };
                            steps: {
                                analysis?: Record<string, unknown>;
                                pause?: {
                                    duration?: string;
                                };
                                setCount?: number;
                                setWeight?: number;
                            }[];
                            /** @default false */
                            suspend?: boolean;
                            update?: {
                                bytesPerSecond?: number;
                                maxCrashes?: number;
                                maxFailedShare?: number;
                                maxLatencyMs?: number;
                                soakMinutes?: number;
                                spreadSeconds?: number;
                                window?: {
                                    from: string;
                                    to: string;
                                };
                            };
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            analysis: {
                                analysis: {
                                    /** @description Over all closed days; null where no device has told any */
                                    coverage: {
                                        candidate: number;
                                        /** @description Of them, whose actual lies within it */
                                        champion: number;
                                        /** @description For which both gave an interval */
                                        rows: number;
                                    } | null;
                                    days: {
                                        /** @description Σ|error of the champion| */
                                        championAbsolute: number;
                                        coverage: {
                                            candidate: number;
                                            /** @description Of them, whose actual lies within it */
                                            champion: number;
                                            /** @description For which both gave an interval */
                                            rows: number;
                                        } | null;
                                        day: string;
                                        devices: number;
                                        /** @description Σ(|error of the candidate| − |error of the champion|) / Σ|error of the champion| */
                                        difference: number;
                                        excluded: number;
                                        rows: number;
                                    }[];
                                    denominators: {
                                        daysLeftOut: {
                                            /** @description Over for good with too few devices, or without any error of the champion */
                                            dropped: number;
                                            /** @description After the last day that counts */
                                            late: number;
                                            /** @description Too few devices have told of the day yet */
                                            pending: number;
                                        };
                                        /** @description Whose actual is not known, in no sum */
                                        excludedRows: number;
                                        /** @description Of them, those with a closed day */
                                        matured: number;
                                        /** @description Devices that run both versions */
                                        members: number;
                                        pending: number;
                                        rows: number;
                                    };
                                    /** @description Null before the first closed day */
                                    estimate: {
                                        /** @description Of a device’s own lasting difference */
                                        betweenDevicesSd: number;
                                        /** @description Of one day, what was known before included */
                                        dailySd: number;
                                        days: number;
                                        devices: number;
                                        halfWidth: number;
                                        /** @description φ: what correlated days lose against independent ones */
                                        inflation: number;
                                        /** @description With `upper`: the 95 % bounds, which hold at every look at once */
                                        lower: number;
                                        /** @description Of the days’ differences; above 0 the candidate is worse */
                                        mean: number;
                                        /** @description On these observed days: devices are the only chance */
                                        observed: {
                                            lower: number;
                                            standardError: number;
                                            upper: number;
                                        };
                                        /** @description Of one day, as known before */
                                        priorSd: number;
                                        standardError: number;
                                        upper: number;
                                    } | null;
                                    /** @description No later day will change it */
                                    final: boolean;
                                    guards: {
                                        /** @description The chance below which it stops */
                                        alpha: number;
                                        /** @description Of them, beyond the limit */
                                        broken: number;
                                        /** @description Of so many, or more, where nothing is wrong */
                                        chance: number;
                                        /** @description With a figure */
                                        devices: number;
                                        /** @enum {string} */
                                        guard: "crashes" | "latency-p95" | "coverage-loss";
                                        limit: number;
                                        stop: boolean;
                                    }[];
                                    heterogeneity: {
                                        found: boolean;
                                        /** @description Devices with enough days to say */
                                        judged: number;
                                        /** @description Of those judged that have to be worse */
                                        share: number;
                                        /** @description Of them, those lastingly worse than their region */
                                        worse: string[];
                                    } | null;
                                    reason: string;
                                    rule: {
                                        margin: number;
                                        maxDays: number;
                                        minDays: number;
                                        minDevices: number;
                                    };
                                    /** @enum {string} */
                                    verdict: "guard-stop" | "worse" | "pause" | "heterogeneous" | "better" | "non-inferior" | "inconclusive";
                                };
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                step: number;
                            } | null;
                            /** @description The devices that each step told; steps that told nobody are left out */
                            cohorts: {
                                excluded: number;
                                failed: number;
                                /** @description Away: they begin when they come back */
                                offline: number;
                                pending: number;
                                reverted: number;
                                reverting: number;
                                rolledBack: number;
                                /** @description Connected, and not heard of for longer than the deadline, or never there in all their time */
                                silent: number;
                                /** @description From 0; as many as there are steps: told to be as all others once every step was done */
                                step: number;
                                succeeded: number;
                                /** @description The sum of the states below */
                                told: number;
                                updating: number;
                            }[];
                            counts: {
                                /** @description Every device that is or was in it */
                                devices: number;
                                /** @description Retired, told otherwise since, or away for too long */
                                excluded: number;
                                failed: number;
                                /** @description Those that came after the start */
                                late: number;
                                /** @description Away: they begin when they come back */
                                offline: number;
                                pending: number;
                                reverted: number;
                                reverting: number;
                                rolledBack: number;
                                /** @description Of those untold, with the candidate in shadow */
                                shadow: number;
                                /** @description Connected, and not heard of for longer than the deadline, or never there in all their time */
                                silent: number;
                                succeeded: number;
                                /** @description The sum of the states below */
                                told: number;
                                /** @description Neither told to serve the version nor excluded */
                                untold: number;
                                updating: number;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            /** @description As it was started, with its defaults */
                            document: {
                                [key: string]: unknown;
                            };
                            finishedAt: number | null;
                            full: boolean;
                            id: string;
                            model: string;
                            name: string;
                            /** @description Who let it pass 25 % of its devices */
                            proven: ("evidence" | "person") | null;
                            /** @description Why it is in that state, or what it waits for */
                            reason: string | null;
                            /** @enum {string} */
                            state: "running" | "paused" | "aborting" | "undoing" | "succeeded" | "failed" | "aborted" | "undone";
                            /** @description The step that goes on, from 0; as many as there are steps once all are done */
                            step: number;
                            version: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts/{rollout}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One rollout by number, or the newest of a name, with its counts and the newest analysis */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    rollout: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            analysis: {
                                analysis: {
                                    /** @description Over all closed days; null where no device has told any */
                                    coverage: {
                                        candidate: number;
                                        /** @description Of them, whose actual lies within it */
                                        champion: number;
                                        /** @description For which both gave an interval */
                                        rows: number;
                                    } | null;
                                    days: {
                                        /** @description Σ|error of the champion| */
                                        championAbsolute: number;
                                        coverage: {
                                            candidate: number;
                                            /** @description Of them, whose actual lies within it */
                                            champion: number;
                                            /** @description For which both gave an interval */
                                            rows: number;
                                        } | null;
                                        day: string;
                                        devices: number;
                                        /** @description Σ(|error of the candidate| − |error of the champion|) / Σ|error of the champion| */
                                        difference: number;
                                        excluded: number;
                                        rows: number;
                                    }[];
                                    denominators: {
                                        daysLeftOut: {
                                            /** @description Over for good with too few devices, or without any error of the champion */
                                            dropped: number;
                                            /** @description After the last day that counts */
                                            late: number;
                                            /** @description Too few devices have told of the day yet */
                                            pending: number;
                                        };
                                        /** @description Whose actual is not known, in no sum */
                                        excludedRows: number;
                                        /** @description Of them, those with a closed day */
                                        matured: number;
                                        /** @description Devices that run both versions */
                                        members: number;
                                        pending: number;
                                        rows: number;
                                    };
                                    /** @description Null before the first closed day */
                                    estimate: {
                                        /** @description Of a device’s own lasting difference */
                                        betweenDevicesSd: number;
                                        /** @description Of one day, what was known before included */
                                        dailySd: number;
                                        days: number;
                                        devices: number;
                                        halfWidth: number;
                                        /** @description φ: what correlated days lose against independent ones */
                                        inflation: number;
                                        /** @description With `upper`: the 95 % bounds, which hold at every look at once */
                                        lower: number;
                                        /** @description Of the days’ differences; above 0 the candidate is worse */
                                        mean: number;
                                        /** @description On these observed days: devices are the only chance */
                                        observed: {
                                            lower: number;
                                            standardError: number;
                                            upper: number;
                                        };
                                        /** @description Of one day, as known before */
                                        priorSd: number;
                                        standardError: number;
                                        upper: number;
                                    } | null;
                                    /** @description No later day will change it */
                                    final: boolean;
                                    guards: {
                                        /** @description The chance below which it stops */
                                        alpha: number;
                                        /** @description Of them, beyond the limit */
                                        broken: number;
                                        /** @description Of so many, or more, where nothing is wrong */
                                        chance: number;
                                        /** @description With a figure */
                                        devices: number;
                                        /** @enum {string} */
                                        guard: "crashes" | "latency-p95" | "coverage-loss";
                                        limit: number;
                                        stop: boolean;
                                    }[];
                                    heterogeneity: {
                                        found: boolean;
                                        /** @description Devices with enough days to say */
                                        judged: number;
                                        /** @description Of those judged that have to be worse */
                                        share: number;
                                        /** @description Of them, those lastingly worse than their region */
                                        worse: string[];
                                    } | null;
                                    reason: string;
                                    rule: {
                                        margin: number;
                                        maxDays: number;
                                        minDays: number;
                                        minDevices: number;
                                    };
                                    /** @enum {string} */
                                    verdict: "guard-stop" | "worse" | "pause" | "heterogeneous" | "better" | "non-inferior" | "inconclusive";
                                };
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                step: number;
                            } | null;
                            /** @description The devices that each step told; steps that told nobody are left out */
                            cohorts: {
                                excluded: number;
                                failed: number;
                                /** @description Away: they begin when they come back */
                                offline: number;
                                pending: number;
                                reverted: number;
                                reverting: number;
                                rolledBack: number;
                                /** @description Connected, and not heard of for longer than the deadline, or never there in all their time */
                                silent: number;
                                /** @description From 0; as many as there are steps: told to be as all others once every step was done */
                                step: number;
                                succeeded: number;
                                /** @description The sum of the states below */
                                told: number;
                                updating: number;
                            }[];
                            counts: {
                                /** @description Every device that is or was in it */
                                devices: number;
                                /** @description Retired, told otherwise since, or away for too long */
                                excluded: number;
                                failed: number;
                                /** @description Those that came after the start */
                                late: number;
                                /** @description Away: they begin when they come back */
                                offline: number;
                                pending: number;
                                reverted: number;
                                reverting: number;
                                rolledBack: number;
                                /** @description Of those untold, with the candidate in shadow */
                                shadow: number;
                                /** @description Connected, and not heard of for longer than the deadline, or never there in all their time */
                                silent: number;
                                succeeded: number;
                                /** @description The sum of the states below */
                                told: number;
                                /** @description Neither told to serve the version nor excluded */
                                untold: number;
                                updating: number;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            /** @description As it was started, with its defaults */
                            document: {
                                [key: string]: unknown;
                            };
                            finishedAt: number | null;
                            full: boolean;
                            id: string;
                            model: string;
                            name: string;
                            /** @description Who let it pass 25 % of its devices */
                            proven: ("evidence" | "person") | null;
                            /** @description Why it is in that state, or what it waits for */
                            reason: string | null;
                            /** @enum {string} */
                            state: "running" | "paused" | "aborting" | "undoing" | "succeeded" | "failed" | "aborted" | "undone";
                            /** @description The step that goes on, from 0; as many as there are steps once all are done */
                            step: number;
                            version: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts/{rollout}/{verb}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause, resume, promote (past what holds it, or to every device at once), abort, retry what failed, or undo */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    rollout: string;
                    verb: "pause" | "resume" | "promote" | "promote-full" | "abort" | "retry" | "undo";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            analysis: {
                                analysis: {
                                    /** @description Over all closed days; null where no device has told any */
                                    coverage: {
                                        candidate: number;
                                        /** @description Of them, whose actual lies within it */
                                        champion: number;
                                        /** @description For which both gave an interval */
                                        rows: number;
                                    } | null;
                                    days: {
                                        /** @description Σ|error of the champion| */
                                        championAbsolute: number;
                                        coverage: {
                                            candidate: number;
                                            /** @description Of them, whose actual lies within it */
                                            champion: number;
                                            /** @description For which both gave an interval */
                                            rows: number;
                                        } | null;
                                        day: string;
                                        devices: number;
                                        /** @description Σ(|error of the candidate| − |error of the champion|) / Σ|error of the champion| */
                                        difference: number;
                                        excluded: number;
                                        rows: number;
                                    }[];
                                    denominators: {
                                        daysLeftOut: {
                                            /** @description Over for good with too few devices, or without any error of the champion */
                                            dropped: number;
                                            /** @description After the last day that counts */
                                            late: number;
                                            /** @description Too few devices have told of the day yet */
                                            pending: number;
                                        };
                                        /** @description Whose actual is not known, in no sum */
                                        excludedRows: number;
                                        /** @description Of them, those with a closed day */
                                        matured: number;
                                        /** @description Devices that run both versions */
                                        members: number;
                                        pending: number;
                                        rows: number;
                                    };
                                    /** @description Null before the first closed day */
                                    estimate: {
                                        /** @description Of a device’s own lasting difference */
                                        betweenDevicesSd: number;
                                        /** @description Of one day, what was known before included */
                                        dailySd: number;
                                        days: number;
                                        devices: number;
                                        halfWidth: number;
                                        /** @description φ: what correlated days lose against independent ones */
                                        inflation: number;
                                        /** @description With `upper`: the 95 % bounds, which hold at every look at once */
                                        lower: number;
                                        /** @description Of the days’ differences; above 0 the candidate is worse */
                                        mean: number;
                                        /** @description On these observed days: devices are the only chance */
                                        observed: {
                                            lower: number;
                                            standardError: number;
                                            upper: number;
                                        };
                                        /** @description Of one day, as known before */
                                        priorSd: number;
                                        standardError: number;
                                        upper: number;
                                    } | null;
                                    /** @description No later day will change it */
                                    final: boolean;
                                    guards: {
                                        /** @description The chance below which it stops */
                                        alpha: number;
                                        /** @description Of them, beyond the limit */
                                        broken: number;
                                        /** @description Of so many, or more, where nothing is wrong */
                                        chance: number;
                                        /** @description With a figure */
                                        devices: number;
                                        /** @enum {string} */
                                        guard: "crashes" | "latency-p95" | "coverage-loss";
                                        limit: number;
                                        stop: boolean;
                                    }[];
                                    heterogeneity: {
                                        found: boolean;
                                        /** @description Devices with enough days to say */
                                        judged: number;
                                        /** @description Of those judged that have to be worse */
                                        share: number;
                                        /** @description Of them, those lastingly worse than their region */
                                        worse: string[];
                                    } | null;
                                    reason: string;
                                    rule: {
                                        margin: number;
                                        maxDays: number;
                                        minDays: number;
                                        minDevices: number;
                                    };
                                    /** @enum {string} */
                                    verdict: "guard-stop" | "worse" | "pause" | "heterogeneous" | "better" | "non-inferior" | "inconclusive";
                                };
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                step: number;
                            } | null;
                            /** @description The devices that each step told; steps that told nobody are left out */
                            cohorts: {
                                excluded: number;
                                failed: number;
                                /** @description Away: they begin when they come back */
                                offline: number;
                                pending: number;
                                reverted: number;
                                reverting: number;
                                rolledBack: number;
                                /** @description Connected, and not heard of for longer than the deadline, or never there in all their time */
                                silent: number;
                                /** @description From 0; as many as there are steps: told to be as all others once every step was done */
                                step: number;
                                succeeded: number;
                                /** @description The sum of the states below */
                                told: number;
                                updating: number;
                            }[];
                            counts: {
                                /** @description Every device that is or was in it */
                                devices: number;
                                /** @description Retired, told otherwise since, or away for too long */
                                excluded: number;
                                failed: number;
                                /** @description Those that came after the start */
                                late: number;
                                /** @description Away: they begin when they come back */
                                offline: number;
                                pending: number;
                                reverted: number;
                                reverting: number;
                                rolledBack: number;
                                /** @description Of those untold, with the candidate in shadow */
                                shadow: number;
                                /** @description Connected, and not heard of for longer than the deadline, or never there in all their time */
                                silent: number;
                                succeeded: number;
                                /** @description The sum of the states below */
                                told: number;
                                /** @description Neither told to serve the version nor excluded */
                                untold: number;
                                updating: number;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            /** @description As it was started, with its defaults */
                            document: {
                                [key: string]: unknown;
                            };
                            finishedAt: number | null;
                            full: boolean;
                            id: string;
                            model: string;
                            name: string;
                            /** @description Who let it pass 25 % of its devices */
                            proven: ("evidence" | "person") | null;
                            /** @description Why it is in that state, or what it waits for */
                            reason: string | null;
                            /** @enum {string} */
                            state: "running" | "paused" | "aborting" | "undoing" | "succeeded" | "failed" | "aborted" | "undone";
                            /** @description The step that goes on, from 0; as many as there are steps once all are done */
                            step: number;
                            version: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts/{rollout}/analyses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every analysis of a rollout’s evidence with all its figures; newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    rollout: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                analysis: {
                                    /** @description Over all closed days; null where no device has told any */
                                    coverage: {
                                        candidate: number;
                                        /** @description Of them, whose actual lies within it */
                                        champion: number;
                                        /** @description For which both gave an interval */
                                        rows: number;
                                    } | null;
                                    days: {
                                        /** @description Σ|error of the champion| */
                                        championAbsolute: number;
                                        coverage: {
                                            candidate: number;
                                            /** @description Of them, whose actual lies within it */
                                            champion: number;
                                            /** @description For which both gave an interval */
                                            rows: number;
                                        } | null;
                                        day: string;
                                        devices: number;
                                        /** @description Σ(|error of the candidate| − |error of the champion|) / Σ|error of the champion| */
                                        difference: number;
                                        excluded: number;
                                        rows: number;
                                    }[];
                                    denominators: {
                                        daysLeftOut: {
                                            /** @description Over for good with too few devices, or without any error of the champion */
                                            dropped: number;
                                            /** @description After the last day that counts */
                                            late: number;
                                            /** @description Too few devices have told of the day yet */
                                            pending: number;
                                        };
                                        /** @description Whose actual is not known, in no sum */
                                        excludedRows: number;
                                        /** @description Of them, those with a closed day */
                                        matured: number;
                                        /** @description Devices that run both versions */
                                        members: number;
                                        pending: number;
                                        rows: number;
                                    };
                                    /** @description Null before the first closed day */
                                    estimate: {
                                        /** @description Of a device’s own lasting difference */
                                        betweenDevicesSd: number;
                                        /** @description Of one day, what was known before included */
                                        dailySd: number;
                                        days: number;
                                        devices: number;
                                        halfWidth: number;
                                        /** @description φ: what correlated days lose against independent ones */
                                        inflation: number;
                                        /** @description With `upper`: the 95 % bounds, which hold at every look at once */
                                        lower: number;
                                        /** @description Of the days’ differences; above 0 the candidate is worse */
                                        mean: number;
                                        /** @description On these observed days: devices are the only chance */
                                        observed: {
                                            lower: number;
                                            standardError: number;
                                            upper: number;
                                        };
                                        /** @description Of one day, as known before */
                                        priorSd: number;
                                        standardError: number;
                                        upper: number;
                                    } | null;
                                    /** @description No later day will change it */
                                    final: boolean;
                                    guards: {
                                        /** @description The chance below which it stops */
                                        alpha: number;
                                        /** @description Of them, beyond the limit */
                                        broken: number;
                                        /** @description Of so many, or more, where nothing is wrong */
                                        chance: number;
                                        /** @description With a figure */
                                        devices: number;
                                        /** @enum {string} */
                                        guard: "crashes" | "latency-p95" | "coverage-loss";
                                        limit: number;
                                        stop: boolean;
                                    }[];
                                    heterogeneity: {
                                        found: boolean;
                                        /** @description Devices with enough days to say */
                                        judged: number;
                                        /** @description Of those judged that have to be worse */
                                        share: number;
                                        /** @description Of them, those lastingly worse than their region */
                                        worse: string[];
                                    } | null;
                                    reason: string;
                                    rule: {
                                        margin: number;
                                        maxDays: number;
                                        minDays: number;
                                        minDevices: number;
                                    };
                                    /** @enum {string} */
                                    verdict: "guard-stop" | "worse" | "pause" | "heterogeneous" | "better" | "non-inferior" | "inconclusive";
                                };
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                step: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts/{rollout}/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where each device of a rollout is */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description Only devices that serve another version than they should */
                    differs?: "true" | "false";
                    /** @description As many items a page holds */
                    limit?: number;
                    state?: "pending" | "updating" | "succeeded" | "failed" | "rolled-back" | "silent" | "offline" | "reverting" | "reverted" | "excluded";
                };
                header?: never;
                path: {
                    rollout: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description The version that it should serve now; null: none of the model */
                                desiredVersion: number | null;
                                device: string;
                                error: {
                                    code: string;
                                    message: string;
                                } | null;
                                late: boolean;
                                online: boolean;
                                /** @description Of its update of the model, as it said last */
                                phase: string | null;
                                previousVersion: number | null;
                                reason: string | null;
                                reportedAt: number | null;
                                /** @description The version that it last said to serve; null: none, or it has not said */
                                servingVersion: number | null;
                                site: string;
                                /** @enum {string} */
                                state: "pending" | "updating" | "succeeded" | "failed" | "rolled-back" | "silent" | "offline" | "reverting" | "reverted" | "excluded";
                                /** @description That told it to serve the version, from 0 */
                                step: number | null;
                                toldAt: number | null;
                                /** @enum {string} */
                                wanted: "none" | "shadow" | "active" | "back" | "withdrawn";
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts/{rollout}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened in a rollout, who decided it and why; newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    rollout: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                reason: string;
                                what: string;
                                who: string;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts/{rollout}/plan/{verb}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a verb would do; nothing is changed */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    rollout: string;
                    verb: "pause" | "resume" | "promote" | "promote-full" | "abort" | "retry" | "undo";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            changes: {
                                devices: number;
                                /** @description The first of them, ten at most */
                                first: string[];
                                /** @enum {string} */
                                to: "none" | "shadow" | "active" | "back" | "withdrawn";
                            }[];
                            /** @description Null: nothing would change */
                            effect: string | null;
                            name: string;
                            /**
                             * @description As it would be then, before any device has answered
                             * @enum {string}
                             */
                            state: "running" | "paused" | "aborting" | "undoing" | "succeeded" | "failed" | "aborted" | "undone";
                            step: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rollouts/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a rollout would be: its devices, and the cohort that each step tells; nothing is changed */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @enum {string} */
                        apiVersion: "storecast/v1";
                        /** @enum {string} */
                        kind: "Rollout";
                        metadata: {
                            /** @default  */
                            description?: string;
                            /** @default {} */
                            labels?: {
                                [key: string]: string;
                            };
                            name: string & (unknown & unknown);
                        };
                        spec: {
                            alias?: string;
                            /** @default {} */
                            analysis?: {
                                /** @default 200 */
                                devices?: number;
                                /** @default {} */
                                guards?: {
                                    /** @default 0.1 */
                                    coverageLoss?: number | null;
                                    /** @default 50 */
                                    latencyP95Ms?: number | null;
                                    /** @default 1 */
                                    maxCrashes?: number | null;
                                };
                                /** @default 0.03 */
                                margin?: number;
                                /** @default 14 */
                                maxDays?: number;
                                /** @default 7 */
                                minDays?: number;
                                /** @default 100 */
                                minDevices?: number;
                                /**
                                 * @default hold
                                 * @enum {string}
                                 */
                                onInconclusive?: "hold" | "abort";
                                replay?: {
                                    dailySd: number;
                                    longRunRatio: number;
                                };
                                /** @default region */
                                stratifyBy?: string;
                            };
                            /** @default null */
                            concurrency?: number | null;
                            /** @default 1h */
                            deadline?: string;
                            /** @default null */
                            disruption?: {
                                groupBy: string;
                                maxUnavailable: number | string;
                            } | null;
                            /**
                             * @default required
                             * @enum {string}
                             */
                            evidence?: "required" | "none";
                            /**
                             * @default join
                             * @enum {string}
                             */
                            lateJoiners?: "join" | "ignore";
                            /** @default 0.1 */
                            maxFailed?: number;
                            /** @default 0.9 */
                            minSucceeded?: number;
                            model: string;
                            /** @default 7d */
                            offlineExpiry?: string;
                            /**
                             * @default pause
                             * @enum {string}
                             */
                            onFailure?: "pause" | "abort";
                            /** @default {} */
                            selector?: {
                                /** @default [] */
                                expressions?: {
                                    label: string;
                                    /** @enum {string} */
                                    operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                                    values?: string[];
                                }[];
                                /** @default [] */
                                groups?: string[];
                                /** @default {} */
                                labels?: {
                                    [key: string]: string;
                                };
                            };
                            steps: {
                                analysis?: Record<string, unknown>;
                                pause?: {
                                    duration?: string;
                                };
                                setCount?: number;
                                setWeight?: number;
                            }[];
                            /** @default false */
                            suspend?: boolean;
                            update?: {
                                bytesPerSecond?: number;
                                maxCrashes?: number;
                                maxFailedShare?: number;
                                maxLatencyMs?: number;
                                soakMinutes?: number;
                                spreadSeconds?: number;
                                window?: {
                                    from: string;
                                    to: string;
                                };
                            };
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            cohorts: {
                                devices: number;
                                /** @description The first of them, ten at most */
                                first: string[];
                                step: number;
                                /** @description Devices told by then, those of the steps before included */
                                told: number;
                            }[];
                            devices: number;
                            /** @description What the devices would go back to */
                            had: {
                                devices: number;
                                /** @description Null: none of the model */
                                version: number | null;
                            }[];
                            model: string;
                            name: string;
                            version: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/self": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who one is, and what one may do */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Labels that a site must have for the account to see it; empty: every site */
                            limit: {
                                [key: string]: string;
                            };
                            name: string;
                            permissions: string[];
                            subject: string | null;
                            /** @description Name of the API token that was shown */
                            token: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/self/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change one’s own password; every session ends */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        password: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            disabledAt: number | null;
                            /** @description Labels that a site must have for the account to see it; empty: every site */
                            limit: {
                                [key: string]: string;
                            };
                            name: string;
                            /**
                             * @description oidc: a provider vouches for them, and says roles and limit
                             * @enum {string}
                             */
                            origin: "local" | "oidc";
                            roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                            /** @description At the provider, issuer#subject */
                            subject: string | null;
                        };
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sensors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the sites measure, one entry a name: how it is defined, whose data it is, who looks after it */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description true: those that a data set counts for at each of their sites; false: those that none does at some */
                    held?: "true" | "false";
                    /** @description As many items a page holds */
                    limit?: number;
                    /** @description Those whose names have this in them */
                    q?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description That hold it, by name */
                                datasets: {
                                    name: string;
                                    owner: string;
                                    /** @enum {string} */
                                    sensitivity: "public" | "internal" | "confidential" | "restricted";
                                    /** @description For which it counts: it is the first by name whose labels they have */
                                    sites: number;
                                    steward: string;
                                }[];
                                /** @description Different ones among these sites */
                                definitions: number;
                                name: string;
                                /** @description That define it */
                                sites: number;
                                /** @description Stewardship tasks that are not closed */
                                tasks: number;
                                /** @description Sites for which no data set counts: nobody is asked when it goes wrong there */
                                unheld: number;
                                /** @description The definitions, that of most sites first; 20 at most */
                                variants: {
                                    /** @default 0 */
                                    centre: number;
                                    /** @description One of these sites */
                                    example: string;
                                    /** @default 0 */
                                    interval: number;
                                    /** @enum {string} */
                                    kind: "gauge" | "counter" | "event";
                                    name: string;
                                    /**
                                     * @default site
                                     * @enum {string}
                                     */
                                    per: "site" | "product";
                                    /** @enum {string} */
                                    priority: "low" | "normal" | "high";
                                    quality: {
                                        /** @default 60 */
                                        aheadBy: number;
                                        /** @default 8 */
                                        anomalyAbove: number;
                                        /** @default 0 */
                                        flatAfter: number;
                                        thresholds: {
                                            /** @default 0.98 */
                                            clock: number;
                                            /** @default 0.9 */
                                            completeness: number;
                                            /** @default 0.8 */
                                            movement: number;
                                            /** @default 0.9 */
                                            timeliness: number;
                                            /** @default 0.9 */
                                            uniqueness: number;
                                            /** @default 0.98 */
                                            validity: number;
                                        };
                                    };
                                    range: [
                                        number,
                                        number
                                    ];
                                    resolution: number;
                                    /** @description That define it so */
                                    sites: number;
                                    unit: string;
                                    /**
                                     * @default 5m
                                     * @enum {string}
                                     */
                                    window: "5m" | "15m" | "1h" | "1d";
                                }[];
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sensors/{sensor}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One sensor, as the sites define it */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sensor: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description That hold it, by name */
                            datasets: {
                                name: string;
                                owner: string;
                                /** @enum {string} */
                                sensitivity: "public" | "internal" | "confidential" | "restricted";
                                /** @description For which it counts: it is the first by name whose labels they have */
                                sites: number;
                                steward: string;
                            }[];
                            /** @description Different ones among these sites */
                            definitions: number;
                            name: string;
                            /** @description That define it */
                            sites: number;
                            /** @description Stewardship tasks that are not closed */
                            tasks: number;
                            /** @description Sites for which no data set counts: nobody is asked when it goes wrong there */
                            unheld: number;
                            /** @description The definitions, that of most sites first; 20 at most */
                            variants: {
                                /** @default 0 */
                                centre: number;
                                /** @description One of these sites */
                                example: string;
                                /** @default 0 */
                                interval: number;
                                /** @enum {string} */
                                kind: "gauge" | "counter" | "event";
                                name: string;
                                /**
                                 * @default site
                                 * @enum {string}
                                 */
                                per: "site" | "product";
                                /** @enum {string} */
                                priority: "low" | "normal" | "high";
                                quality: {
                                    /** @default 60 */
                                    aheadBy: number;
                                    /** @default 8 */
                                    anomalyAbove: number;
                                    /** @default 0 */
                                    flatAfter: number;
                                    thresholds: {
                                        /** @default 0.98 */
                                        clock: number;
                                        /** @default 0.9 */
                                        completeness: number;
                                        /** @default 0.8 */
                                        movement: number;
                                        /** @default 0.9 */
                                        timeliness: number;
                                        /** @default 0.9 */
                                        uniqueness: number;
                                        /** @default 0.98 */
                                        validity: number;
                                    };
                                };
                                range: [
                                    number,
                                    number
                                ];
                                resolution: number;
                                /** @description That define it so */
                                sites: number;
                                unit: string;
                                /**
                                 * @default 5m
                                 * @enum {string}
                                 */
                                window: "5m" | "15m" | "1h" | "1d";
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/serving": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many devices in service serve each version of the models, and how many should */
        get: {
            parameters: {
                query?: {
                    model?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Devices that should serve it */
                                desired: number;
                                model: string;
                                /** @description Devices that last said to serve it */
                                serving: number;
                                version: number;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in by name and password: for a token, or, in a browser, for a cookie */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @default bearer
                         * @enum {string}
                         */
                        kind?: "bearer" | "cookie";
                        name: string;
                        password: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            expiresAt: number;
                            /** @description Shown once; absent where the session is a cookie */
                            token?: string;
                            user: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Log out; of an API token it says nothing */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in by an ID token that the provider gave the command line, once */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        idToken: string;
                        nonce?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            expiresAt: number;
                            /** @description Shown once; absent where the session is a cookie */
                            token?: string;
                            user: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/silences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Silences that have not ended, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                comment: string;
                                createdBy: string;
                                /** @description Unix milliseconds, UTC */
                                endsAt: number;
                                id: number;
                                labels: {
                                    [key: string]: string;
                                };
                                /** @description Unix milliseconds, UTC */
                                startsAt: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Tell nobody of alerts with these labels for a time; they are shown all the same */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        comment: string;
                        /** @description Unix milliseconds, UTC */
                        endsAt: number;
                        /** @description What an alert has to carry, all of it; "rule" stands for the rule’s name */
                        labels: {
                            [key: string]: string;
                        };
                        /** @description Absent: now */
                        startsAt?: number;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            comment: string;
                            createdBy: string;
                            /** @description Unix milliseconds, UTC */
                            endsAt: number;
                            id: number;
                            labels: {
                                [key: string]: string;
                            };
                            /** @description Unix milliseconds, UTC */
                            startsAt: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/silences/{silence}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a silence now */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    silence: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            comment: string;
                            createdBy: string;
                            /** @description Unix milliseconds, UTC */
                            endsAt: number;
                            id: number;
                            labels: {
                                [key: string]: string;
                            };
                            /** @description Unix milliseconds, UTC */
                            startsAt: number;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List sites */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                /** @description Devices in service */
                                devices: number;
                                documents: {
                                    [key: string]: {
                                        bytes: number;
                                        sha256: string;
                                    };
                                };
                                id: string;
                                labels: {
                                    [key: string]: string;
                                };
                                timeZone: string;
                                /** @description Unix milliseconds, UTC */
                                updatedAt: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites/{site}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One site */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    site: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            /** @description Devices in service */
                            devices: number;
                            documents: {
                                [key: string]: {
                                    bytes: number;
                                    sha256: string;
                                };
                            };
                            id: string;
                            labels: {
                                [key: string]: string;
                            };
                            timeZone: string;
                            /** @description Unix milliseconds, UTC */
                            updatedAt: number;
                        };
                    };
                };
            };
        };
        /** Create or replace a site, its catalogue and its sensor definitions */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    site: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description Products, with their static attributes
                         * @default []
                         */
                        entities?: {
                            attributes: {
                                [key: string]: string;
                            };
                            id: string;
                        }[];
                        /** @default {} */
                        labels?: {
                            [key: string]: string;
                        };
                        /** @default [] */
                        sensors?: {
                            /** @default 0 */
                            centre?: number;
                            /** @default 0 */
                            interval?: number;
                            /** @enum {string} */
                            kind: "gauge" | "counter" | "event";
                            name: string;
                            /**
                             * @default site
                             * @enum {string}
                             */
                            per?: "site" | "product";
                            /** @enum {string} */
                            priority?: "low" | "normal" | "high";
                            quality?: {
                                /** @default 60 */
                                aheadBy?: number;
                                /** @default 8 */
                                anomalyAbove?: number;
                                /** @default 0 */
                                flatAfter?: number;
                                /** @default {} */
                                thresholds?: {
                                    /** @default 0.98 */
                                    clock?: number;
                                    /** @default 0.9 */
                                    completeness?: number;
                                    /** @default 0.8 */
                                    movement?: number;
                                    /** @default 0.9 */
                                    timeliness?: number;
                                    /** @default 0.9 */
                                    uniqueness?: number;
                                    /** @default 0.98 */
                                    validity?: number;
                                };
                            };
                            range: [
                                number,
                                number
                            ];
                            resolution: number;
                            unit: string;
                            /**
                             * @default 5m
                             * @enum {string}
                             */
                            window?: "5m" | "15m" | "1h" | "1d";
                        }[];
                        /** @description IANA name, for example Europe/Berlin */
                        timeZone: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            /** @description Devices in service */
                            devices: number;
                            documents: {
                                [key: string]: {
                                    bytes: number;
                                    sha256: string;
                                };
                            };
                            id: string;
                            labels: {
                                [key: string]: string;
                            };
                            timeZone: string;
                            /** @description Unix milliseconds, UTC */
                            updatedAt: number;
                        };
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites/{site}/covariates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Add what became known at a time: weather forecasts, promotions, holidays */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    site: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        days: string[];
                        entity_values: {
                            [key: string]: {
                                [key: string]: (number | null)[];
                            };
                        };
                        /** @description When this became known; joins by point in time never see a later one */
                        issuedAt: number;
                        site_values: {
                            [key: string]: (number | null)[];
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            document: {
                                bytes: number;
                                sha256: string;
                            };
                        };
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites/{site}/drift-references": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Have what a site’s sensors measure now become what is usual, from the next run on */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    site: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            forgotten: number;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites/{site}/quality-looks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Judge a site’s data now and not at the next turn: what was mended closes its task at once */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    site: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description Data up to then; null: now
                         * @default null
                         */
                        until?: number | null;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            closed: {
                                assignee: string | null;
                                closedAt: number | null;
                                /** @description As the catalogue had it when the task was opened, with its owner and steward */
                                dataset: string | null;
                                device: string;
                                /** @enum {string} */
                                dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                                endReason: ("recovered" | "closed" | "gone") | null;
                                id: number;
                                /** @description Unix milliseconds, UTC */
                                openedAt: number;
                                owner: string | null;
                                /** @description The newest */
                                score: number;
                                /** @description Unix milliseconds, UTC */
                                scoredAt: number;
                                sensor: string;
                                site: string;
                                /** @enum {string} */
                                state: "open" | "acknowledged" | "closed";
                                steward: string | null;
                                threshold: number;
                                worst: number;
                            }[];
                            opened: {
                                assignee: string | null;
                                closedAt: number | null;
                                /** @description As the catalogue had it when the task was opened, with its owner and steward */
                                dataset: string | null;
                                device: string;
                                /** @enum {string} */
                                dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                                endReason: ("recovered" | "closed" | "gone") | null;
                                id: number;
                                /** @description Unix milliseconds, UTC */
                                openedAt: number;
                                owner: string | null;
                                /** @description The newest */
                                score: number;
                                /** @description Unix milliseconds, UTC */
                                scoredAt: number;
                                sensor: string;
                                site: string;
                                /** @enum {string} */
                                state: "open" | "acknowledged" | "closed";
                                steward: string | null;
                                threshold: number;
                                worst: number;
                            }[];
                            /** @description Unix milliseconds, UTC */
                            until: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the cloud is: versions, migrations, objects, certificates, silent devices */
        get: {
            parameters: {
                query?: {
                    silentHours?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Devices by the agent that they run */
                            agents: {
                                devices: number;
                                version: string;
                            }[];
                            /** @enum {string} */
                            broker: "ok" | "away";
                            /** @description When they expire */
                            certificates: {
                                /** @description Unix milliseconds, UTC */
                                authority: number;
                                /** @description Unix milliseconds, UTC */
                                listeners: number;
                            };
                            devices: {
                                enrolled: number;
                                online: number;
                                silent: number;
                                /** @description The longest silent, at most 20 */
                                silentNames: string[];
                            };
                            migrations: {
                                applied: number;
                                /** @description That this program has, and the database does not */
                                missing: number[];
                                /** @description That a newer program has made */
                                unknown: number[];
                            };
                            /** @description By the cloud’s clock */
                            now: number;
                            objects: {
                                /** @description Bundles of the newest versions that were looked for */
                                checked: number;
                                error: string | null;
                                /** @description Those that are not there, or not whole */
                                lost: string[];
                            };
                            version: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stewardship-tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Stewardship tasks, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    dataset?: string;
                    device?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    sensor?: string;
                    site?: string;
                    /** @description standing: not closed */
                    state?: "open" | "acknowledged" | "closed" | "standing";
                    /** @description Assignee, or steward where nobody is assigned */
                    steward?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                assignee: string | null;
                                closedAt: number | null;
                                /** @description As the catalogue had it when the task was opened, with its owner and steward */
                                dataset: string | null;
                                device: string;
                                /** @enum {string} */
                                dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                                endReason: ("recovered" | "closed" | "gone") | null;
                                id: number;
                                /** @description Unix milliseconds, UTC */
                                openedAt: number;
                                owner: string | null;
                                /** @description The newest */
                                score: number;
                                /** @description Unix milliseconds, UTC */
                                scoredAt: number;
                                sensor: string;
                                site: string;
                                /** @enum {string} */
                                state: "open" | "acknowledged" | "closed";
                                steward: string | null;
                                threshold: number;
                                worst: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stewardship-tasks/{task}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One stewardship task */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    task: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            assignee: string | null;
                            closedAt: number | null;
                            /** @description As the catalogue had it when the task was opened, with its owner and steward */
                            dataset: string | null;
                            device: string;
                            /** @enum {string} */
                            dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                            endReason: ("recovered" | "closed" | "gone") | null;
                            id: number;
                            /** @description Unix milliseconds, UTC */
                            openedAt: number;
                            owner: string | null;
                            /** @description The newest */
                            score: number;
                            /** @description Unix milliseconds, UTC */
                            scoredAt: number;
                            sensor: string;
                            site: string;
                            /** @enum {string} */
                            state: "open" | "acknowledged" | "closed";
                            steward: string | null;
                            threshold: number;
                            worst: number;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stewardship-tasks/{task}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a task up; who does is its assignee where there is none */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    task: number;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @default  */
                        note?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            assignee: string | null;
                            closedAt: number | null;
                            /** @description As the catalogue had it when the task was opened, with its owner and steward */
                            dataset: string | null;
                            device: string;
                            /** @enum {string} */
                            dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                            endReason: ("recovered" | "closed" | "gone") | null;
                            id: number;
                            /** @description Unix milliseconds, UTC */
                            openedAt: number;
                            owner: string | null;
                            /** @description The newest */
                            score: number;
                            /** @description Unix milliseconds, UTC */
                            scoredAt: number;
                            sensor: string;
                            site: string;
                            /** @enum {string} */
                            state: "open" | "acknowledged" | "closed";
                            steward: string | null;
                            threshold: number;
                            worst: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stewardship-tasks/{task}/assign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a task to somebody */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    task: number;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        assignee: string;
                        /** @default  */
                        note?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            assignee: string | null;
                            closedAt: number | null;
                            /** @description As the catalogue had it when the task was opened, with its owner and steward */
                            dataset: string | null;
                            device: string;
                            /** @enum {string} */
                            dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                            endReason: ("recovered" | "closed" | "gone") | null;
                            id: number;
                            /** @description Unix milliseconds, UTC */
                            openedAt: number;
                            owner: string | null;
                            /** @description The newest */
                            score: number;
                            /** @description Unix milliseconds, UTC */
                            scoredAt: number;
                            sensor: string;
                            site: string;
                            /** @enum {string} */
                            state: "open" | "acknowledged" | "closed";
                            steward: string | null;
                            threshold: number;
                            worst: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stewardship-tasks/{task}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Close a task that has not recovered; no other is opened before it has */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    task: number;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @default  */
                        note?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            assignee: string | null;
                            closedAt: number | null;
                            /** @description As the catalogue had it when the task was opened, with its owner and steward */
                            dataset: string | null;
                            device: string;
                            /** @enum {string} */
                            dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                            endReason: ("recovered" | "closed" | "gone") | null;
                            id: number;
                            /** @description Unix milliseconds, UTC */
                            openedAt: number;
                            owner: string | null;
                            /** @description The newest */
                            score: number;
                            /** @description Unix milliseconds, UTC */
                            scoredAt: number;
                            sensor: string;
                            site: string;
                            /** @enum {string} */
                            state: "open" | "acknowledged" | "closed";
                            steward: string | null;
                            threshold: number;
                            worst: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stewardship-tasks/{task}/comments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say something on a task */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    task: number;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        note: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            assignee: string | null;
                            closedAt: number | null;
                            /** @description As the catalogue had it when the task was opened, with its owner and steward */
                            dataset: string | null;
                            device: string;
                            /** @enum {string} */
                            dimension: "completeness" | "validity" | "timeliness" | "movement" | "uniqueness" | "clock";
                            endReason: ("recovered" | "closed" | "gone") | null;
                            id: number;
                            /** @description Unix milliseconds, UTC */
                            openedAt: number;
                            owner: string | null;
                            /** @description The newest */
                            score: number;
                            /** @description Unix milliseconds, UTC */
                            scoredAt: number;
                            sensor: string;
                            site: string;
                            /** @enum {string} */
                            state: "open" | "acknowledged" | "closed";
                            steward: string | null;
                            threshold: number;
                            worst: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stewardship-tasks/{task}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to a task, oldest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    task: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @enum {string} */
                                action: "opened" | "acknowledged" | "assigned" | "commented" | "closed";
                                /** @description Unix milliseconds, UTC */
                                at: number;
                                id: number;
                                note: string;
                                /** @description Null: the cloud itself */
                                who: string | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One’s own tokens; with all=true, everybody’s, for those who may see users */
        get: {
            parameters: {
                query?: {
                    all?: string;
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                expiresAt: number | null;
                                id: string;
                                /** @description To the minute */
                                lastUsedAt: number | null;
                                /** @description Labels that a site must have for the account to see it; empty: every site */
                                limit: {
                                    [key: string]: string;
                                };
                                name: string;
                                /** @description null: of the first operator, or of the program that started the cloud */
                                owner: string | null;
                                revokedAt: number | null;
                                roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Make a token that can do no more than oneself */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description null: never
                         * @default 90
                         */
                        expiresInDays?: number | null;
                        /**
                         * @description Labels that a site must have for the account to see it; empty: every site
                         * @default {}
                         */
                        limit?: {
                            [key: string]: string;
                        };
                        name: string;
                        roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Shown once */
                            secret: string;
                            token: {
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                expiresAt: number | null;
                                id: string;
                                /** @description To the minute */
                                lastUsedAt: number | null;
                                /** @description Labels that a site must have for the account to see it; empty: every site */
                                limit: {
                                    [key: string]: string;
                                };
                                name: string;
                                /** @description null: of the first operator, or of the program that started the cloud */
                                owner: string | null;
                                revokedAt: number | null;
                                roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Withdraw a token of one’s own; those who may change users withdraw anybody’s */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    token: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            expiresAt: number | null;
                            id: string;
                            /** @description To the minute */
                            lastUsedAt: number | null;
                            /** @description Labels that a site must have for the account to see it; empty: every site */
                            limit: {
                                [key: string]: string;
                            };
                            name: string;
                            /** @description null: of the first operator, or of the program that started the cloud */
                            owner: string | null;
                            revokedAt: number | null;
                            roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/training-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Training runs, newest first */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    model?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                alias: string | null;
                                /** @description How often a process began it; above 1 after a crash */
                                attempts: number;
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                dataset: {
                                    bytes: number;
                                    rows: number;
                                    /** @description Sites that the selector names */
                                    selected: number;
                                    sha256: string;
                                    /** @description Sites with rows */
                                    sites: number;
                                } | null;
                                definition: {
                                    /** @enum {string} */
                                    apiVersion: "storecast/v1";
                                    /** @enum {string} */
                                    kind: "ModelDefinition";
                                    metadata: {
                                        /** @default  */
                                        description: string;
                                        name: string;
                                    };
                                    spec: {
                                        calibration: {
                                            /** @default 7 */
                                            conformalDays: number;
                                            /** @default 7 */
                                            levelDays: number;
                                            /** @default 60 */
                                            priorRows: number;
                                        };
                                        dataset: {
                                            /** @default {} */
                                            columns: {
                                                [key: string]: string | string[];
                                            };
                                        };
                                        decision?: {
                                            /**
                                             * @default {
                                             *       "under": 9,
                                             *       "over": 1
                                             *     }
                                             */
                                            costs: {
                                                over: number;
                                                under: number;
                                            };
                                            /** @default 24h */
                                            leadTime: string;
                                            /** @default reorder */
                                            name: string;
                                            onOrder?: string;
                                            pack: {
                                                attribute?: string;
                                                /** @default 1 */
                                                size: number;
                                            };
                                            /** @default 6h */
                                            staleAfter: string;
                                            /** @default stock */
                                            stock: string;
                                            /**
                                             * @description A CEL expression
                                             * @default demand.p90 > stock + on_order
                                             */
                                            when: string;
                                        };
                                        horizon: number;
                                        /** @default Apache-2.0 */
                                        licence: string;
                                        network: {
                                            /** @enum {string} */
                                            kind: "seasonal-naive";
                                            /** @default 7 */
                                            season: number;
                                        } | {
                                            /** @default 2 */
                                            blocks: number;
                                            /** @default 0.35 */
                                            dropout: number;
                                            /** @default [] */
                                            halfWithout: string[];
                                            /** @enum {string} */
                                            kind: "residual-mlp";
                                            /** @default 128 */
                                            width: number;
                                        } | {
                                            /** @enum {string} */
                                            kind: "revin-linear";
                                        } | {
                                            /** @enum {string} */
                                            kind: "imported";
                                            /**
                                             * @default float32
                                             * @enum {string}
                                             */
                                            precision: "float32" | "int8";
                                            /** @default {} */
                                            vocabulary: {
                                                [key: string]: string[];
                                            };
                                        };
                                        /**
                                         * @default [
                                         *       0.1,
                                         *       0.5,
                                         *       0.9
                                         *     ]
                                         */
                                        quantiles: number[];
                                        /** @default 0 0 * * * */
                                        schedule: string;
                                        training: {
                                            /** @default 512 */
                                            batch: number;
                                            /** @default 5 */
                                            epochs: number;
                                            /** @default 0.001 */
                                            learningRate: number;
                                            /**
                                             * @default [
                                             *       1,
                                             *       2,
                                             *       3
                                             *     ]
                                             */
                                            seeds: number[];
                                            /** @default 0.1 */
                                            weightDecay: number;
                                        };
                                        view: {
                                            censoredBy: string;
                                            /** @default [] */
                                            groups: string[];
                                            /** @enum {string} */
                                            kind: "daily-demand";
                                            knownAhead: {
                                                entity: string[];
                                                site: string[];
                                            };
                                            /**
                                             * @default [
                                             *       6,
                                             *       22
                                             *     ]
                                             */
                                            openHours: [
                                                number,
                                                number
                                            ];
                                            /** @default [] */
                                            states: string[];
                                            statics: {
                                                [key: string]: number;
                                            };
                                            target: string;
                                        } | {
                                            channels: "*" | string[];
                                            context: number;
                                            /** @enum {string} */
                                            kind: "sequence";
                                            /** @enum {string} */
                                            step: "5m" | "15m" | "1h" | "1d";
                                        };
                                    };
                                };
                                error: {
                                    code: string;
                                    message: string;
                                } | null;
                                finishedAt: number | null;
                                from?: string;
                                id: string;
                                model: string;
                                progress: {
                                    message?: string;
                                    of?: number;
                                    part?: number;
                                    /** @description In the step dataset: sites that were read */
                                    sites?: number;
                                    /** @description In the step train: reading, training, exporting, done */
                                    stage?: string;
                                } | null;
                                selector: {
                                    [key: string]: string;
                                };
                                startedAt: number | null;
                                /** @enum {string} */
                                state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                                /** @description queued, dataset, train, register, done */
                                step: string;
                                to?: string;
                                version: number | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Train a definition on what devices have sent, and register the model */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description Alias to point at the new version; null: none
                         * @default candidate
                         */
                        alias?: string | null;
                        definition: {
                            /** @enum {string} */
                            apiVersion: "storecast/v1";
                            /** @enum {string} */
                            kind: "ModelDefinition";
                            metadata: {
                                /** @default  */
                                description?: string;
                                name: string;
                            };
                            spec: {
                                /** @default {} */
                                calibration?: {
                                    /** @default 7 */
                                    conformalDays?: number;
                                    /** @default 7 */
                                    levelDays?: number;
                                    /** @default 60 */
                                    priorRows?: number;
                                };
                                /** @default {} */
                                dataset?: {
                                    /** @default {} */
                                    columns?: {
                                        [key: string]: string | string[];
                                    };
                                };
                                decision?: {
                                    /**
                                     * @default {
                                     *       "under": 9,
                                     *       "over": 1
                                     *     }
                                     */
                                    costs?: {
                                        over: number;
                                        under: number;
                                    };
                                    /** @default 24h */
                                    leadTime?: string;
                                    /** @default reorder */
                                    name?: string;
                                    onOrder?: string;
                                    /** @default {} */
                                    pack?: {
                                        attribute?: string;
                                        /** @default 1 */
                                        size?: number;
                                    };
                                    /** @default 6h */
                                    staleAfter?: string;
                                    /** @default stock */
                                    stock?: string;
                                    /**
                                     * @description A CEL expression
                                     * @default demand.p90 > stock + on_order
                                     */
                                    when?: string;
                                };
                                horizon: number;
                                /** @default Apache-2.0 */
                                licence?: string;
                                network: {
                                    /** @enum {string} */
                                    kind: "seasonal-naive";
                                    /** @default 7 */
                                    season?: number;
                                } | {
                                    /** @default 2 */
                                    blocks?: number;
                                    /** @default 0.35 */
                                    dropout?: number;
                                    /** @default [] */
                                    halfWithout?: string[];
                                    /** @enum {string} */
                                    kind: "residual-mlp";
                                    /** @default 128 */
                                    width?: number;
                                } | {
                                    /** @enum {string} */
                                    kind: "revin-linear";
                                } | {
                                    /** @enum {string} */
                                    kind: "imported";
                                    /**
                                     * @default float32
                                     * @enum {string}
                                     */
                                    precision?: "float32" | "int8";
                                    /** @default {} */
                                    vocabulary?: {
                                        [key: string]: string[];
                                    };
                                };
                                /**
                                 * @default [
                                 *       0.1,
                                 *       0.5,
                                 *       0.9
                                 *     ]
                                 */
                                quantiles?: number[];
                                /** @default 0 0 * * * */
                                schedule?: string;
                                /** @default {} */
                                training?: {
                                    /** @default 512 */
                                    batch?: number;
                                    /** @default 5 */
                                    epochs?: number;
                                    /** @default 0.001 */
                                    learningRate?: number;
                                    /**
                                     * @default [
                                     *       1,
                                     *       2,
                                     *       3
                                     *     ]
                                     */
                                    seeds?: number[];
                                    /** @default 0.1 */
                                    weightDecay?: number;
                                };
                                view: {
                                    censoredBy: string;
                                    /** @default [] */
                                    groups?: string[];
                                    /** @enum {string} */
                                    kind: "daily-demand";
                                    knownAhead: {
                                        entity: string[];
                                        site: string[];
                                    };
                                    /**
                                     * @default [
                                     *       6,
                                     *       22
                                     *     ]
                                     */
                                    openHours?: [
                                        number,
                                        number
                                    ];
                                    /** @default [] */
                                    states?: string[];
                                    statics: {
                                        [key: string]: number;
                                    };
                                    target: string;
                                } | {
                                    channels: "*" | string[];
                                    context: number;
                                    /** @enum {string} */
                                    kind: "sequence";
                                    /** @enum {string} */
                                    step: "5m" | "15m" | "1h" | "1d";
                                };
                            };
                        };
                        from?: string;
                        /**
                         * @description Labels of the sites to learn from; empty: all
                         * @default {}
                         */
                        selector?: {
                            [key: string]: string;
                        };
                        to?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            alias: string | null;
                            /** @description How often a process began it; above 1 after a crash */
                            attempts: number;
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            dataset: {
                                bytes: number;
                                rows: number;
                                /** @description Sites that the selector names */
                                selected: number;
                                sha256: string;
                                /** @description Sites with rows */
                                sites: number;
                            } | null;
                            definition: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "ModelDefinition";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    calibration: {
                                        /** @default 7 */
                                        conformalDays: number;
                                        /** @default 7 */
                                        levelDays: number;
                                        /** @default 60 */
                                        priorRows: number;
                                    };
                                    dataset: {
                                        /** @default {} */
                                        columns: {
                                            [key: string]: string | string[];
                                        };
                                    };
                                    decision?: {
                                        /**
                                         * @default {
                                         *       "under": 9,
                                         *       "over": 1
                                         *     }
                                         */
                                        costs: {
                                            over: number;
                                            under: number;
                                        };
                                        /** @default 24h */
                                        leadTime: string;
                                        /** @default reorder */
                                        name: string;
                                        onOrder?: string;
                                        pack: {
                                            attribute?: string;
                                            /** @default 1 */
                                            size: number;
                                        };
                                        /** @default 6h */
                                        staleAfter: string;
                                        /** @default stock */
                                        stock: string;
                                        /**
                                         * @description A CEL expression
                                         * @default demand.p90 > stock + on_order
                                         */
                                        when: string;
                                    };
                                    horizon: number;
                                    /** @default Apache-2.0 */
                                    licence: string;
                                    network: {
                                        /** @enum {string} */
                                        kind: "seasonal-naive";
                                        /** @default 7 */
                                        season: number;
                                    } | {
                                        /** @default 2 */
                                        blocks: number;
                                        /** @default 0.35 */
                                        dropout: number;
                                        /** @default [] */
                                        halfWithout: string[];
                                        /** @enum {string} */
                                        kind: "residual-mlp";
                                        /** @default 128 */
                                        width: number;
                                    } | {
                                        /** @enum {string} */
                                        kind: "revin-linear";
                                    } | {
                                        /** @enum {string} */
                                        kind: "imported";
                                        /**
                                         * @default float32
                                         * @enum {string}
                                         */
                                        precision: "float32" | "int8";
                                        /** @default {} */
                                        vocabulary: {
                                            [key: string]: string[];
                                        };
                                    };
                                    /**
                                     * @default [
                                     *       0.1,
                                     *       0.5,
                                     *       0.9
                                     *     ]
                                     */
                                    quantiles: number[];
                                    /** @default 0 0 * * * */
                                    schedule: string;
                                    training: {
                                        /** @default 512 */
                                        batch: number;
                                        /** @default 5 */
                                        epochs: number;
                                        /** @default 0.001 */
                                        learningRate: number;
                                        /**
                                         * @default [
                                         *       1,
                                         *       2,
                                         *       3
                                         *     ]
                                         */
                                        seeds: number[];
                                        /** @default 0.1 */
                                        weightDecay: number;
                                    };
                                    view: {
                                        censoredBy: string;
                                        /** @default [] */
                                        groups: string[];
                                        /** @enum {string} */
                                        kind: "daily-demand";
                                        knownAhead: {
                                            entity: string[];
                                            site: string[];
                                        };
                                        /**
                                         * @default [
                                         *       6,
                                         *       22
                                         *     ]
                                         */
                                        openHours: [
                                            number,
                                            number
                                        ];
                                        /** @default [] */
                                        states: string[];
                                        statics: {
                                            [key: string]: number;
                                        };
                                        target: string;
                                    } | {
                                        channels: "*" | string[];
                                        context: number;
                                        /** @enum {string} */
                                        kind: "sequence";
                                        /** @enum {string} */
                                        step: "5m" | "15m" | "1h" | "1d";
                                    };
                                };
                            };
                            error: {
                                code: string;
                                message: string;
                            } | null;
                            finishedAt: number | null;
                            from?: string;
                            id: string;
                            model: string;
                            progress: {
                                message?: string;
                                of?: number;
                                part?: number;
                                /** @description In the step dataset: sites that were read */
                                sites?: number;
                                /** @description In the step train: reading, training, exporting, done */
                                stage?: string;
                            } | null;
                            selector: {
                                [key: string]: string;
                            };
                            startedAt: number | null;
                            /** @enum {string} */
                            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                            /** @description queued, dataset, train, register, done */
                            step: string;
                            to?: string;
                            version: number | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/training-runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One training run */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    run: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            alias: string | null;
                            /** @description How often a process began it; above 1 after a crash */
                            attempts: number;
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            dataset: {
                                bytes: number;
                                rows: number;
                                /** @description Sites that the selector names */
                                selected: number;
                                sha256: string;
                                /** @description Sites with rows */
                                sites: number;
                            } | null;
                            definition: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "ModelDefinition";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    calibration: {
                                        /** @default 7 */
                                        conformalDays: number;
                                        /** @default 7 */
                                        levelDays: number;
                                        /** @default 60 */
                                        priorRows: number;
                                    };
                                    dataset: {
                                        /** @default {} */
                                        columns: {
                                            [key: string]: string | string[];
                                        };
                                    };
                                    decision?: {
                                        /**
                                         * @default {
                                         *       "under": 9,
                                         *       "over": 1
                                         *     }
                                         */
                                        costs: {
                                            over: number;
                                            under: number;
                                        };
                                        /** @default 24h */
                                        leadTime: string;
                                        /** @default reorder */
                                        name: string;
                                        onOrder?: string;
                                        pack: {
                                            attribute?: string;
                                            /** @default 1 */
                                            size: number;
                                        };
                                        /** @default 6h */
                                        staleAfter: string;
                                        /** @default stock */
                                        stock: string;
                                        /**
                                         * @description A CEL expression
                                         * @default demand.p90 > stock + on_order
                                         */
                                        when: string;
                                    };
                                    horizon: number;
                                    /** @default Apache-2.0 */
                                    licence: string;
                                    network: {
                                        /** @enum {string} */
                                        kind: "seasonal-naive";
                                        /** @default 7 */
                                        season: number;
                                    } | {
                                        /** @default 2 */
                                        blocks: number;
                                        /** @default 0.35 */
                                        dropout: number;
                                        /** @default [] */
                                        halfWithout: string[];
                                        /** @enum {string} */
                                        kind: "residual-mlp";
                                        /** @default 128 */
                                        width: number;
                                    } | {
                                        /** @enum {string} */
                                        kind: "revin-linear";
                                    } | {
                                        /** @enum {string} */
                                        kind: "imported";
                                        /**
                                         * @default float32
                                         * @enum {string}
                                         */
                                        precision: "float32" | "int8";
                                        /** @default {} */
                                        vocabulary: {
                                            [key: string]: string[];
                                        };
                                    };
                                    /**
                                     * @default [
                                     *       0.1,
                                     *       0.5,
                                     *       0.9
                                     *     ]
                                     */
                                    quantiles: number[];
                                    /** @default 0 0 * * * */
                                    schedule: string;
                                    training: {
                                        /** @default 512 */
                                        batch: number;
                                        /** @default 5 */
                                        epochs: number;
                                        /** @default 0.001 */
                                        learningRate: number;
                                        /**
                                         * @default [
                                         *       1,
                                         *       2,
                                         *       3
                                         *     ]
                                         */
                                        seeds: number[];
                                        /** @default 0.1 */
                                        weightDecay: number;
                                    };
                                    view: {
                                        censoredBy: string;
                                        /** @default [] */
                                        groups: string[];
                                        /** @enum {string} */
                                        kind: "daily-demand";
                                        knownAhead: {
                                            entity: string[];
                                            site: string[];
                                        };
                                        /**
                                         * @default [
                                         *       6,
                                         *       22
                                         *     ]
                                         */
                                        openHours: [
                                            number,
                                            number
                                        ];
                                        /** @default [] */
                                        states: string[];
                                        statics: {
                                            [key: string]: number;
                                        };
                                        target: string;
                                    } | {
                                        channels: "*" | string[];
                                        context: number;
                                        /** @enum {string} */
                                        kind: "sequence";
                                        /** @enum {string} */
                                        step: "5m" | "15m" | "1h" | "1d";
                                    };
                                };
                            };
                            error: {
                                code: string;
                                message: string;
                            } | null;
                            finishedAt: number | null;
                            from?: string;
                            id: string;
                            model: string;
                            progress: {
                                message?: string;
                                of?: number;
                                part?: number;
                                /** @description In the step dataset: sites that were read */
                                sites?: number;
                                /** @description In the step train: reading, training, exporting, done */
                                stage?: string;
                            } | null;
                            selector: {
                                [key: string]: string;
                            };
                            startedAt: number | null;
                            /** @enum {string} */
                            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                            /** @description queued, dataset, train, register, done */
                            step: string;
                            to?: string;
                            version: number | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/training-runs/{run}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a training run */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    run: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            alias: string | null;
                            /** @description How often a process began it; above 1 after a crash */
                            attempts: number;
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            dataset: {
                                bytes: number;
                                rows: number;
                                /** @description Sites that the selector names */
                                selected: number;
                                sha256: string;
                                /** @description Sites with rows */
                                sites: number;
                            } | null;
                            definition: {
                                /** @enum {string} */
                                apiVersion: "storecast/v1";
                                /** @enum {string} */
                                kind: "ModelDefinition";
                                metadata: {
                                    /** @default  */
                                    description: string;
                                    name: string;
                                };
                                spec: {
                                    calibration: {
                                        /** @default 7 */
                                        conformalDays: number;
                                        /** @default 7 */
                                        levelDays: number;
                                        /** @default 60 */
                                        priorRows: number;
                                    };
                                    dataset: {
                                        /** @default {} */
                                        columns: {
                                            [key: string]: string | string[];
                                        };
                                    };
                                    decision?: {
                                        /**
                                         * @default {
                                         *       "under": 9,
                                         *       "over": 1
                                         *     }
                                         */
                                        costs: {
                                            over: number;
                                            under: number;
                                        };
                                        /** @default 24h */
                                        leadTime: string;
                                        /** @default reorder */
                                        name: string;
                                        onOrder?: string;
                                        pack: {
                                            attribute?: string;
                                            /** @default 1 */
                                            size: number;
                                        };
                                        /** @default 6h */
                                        staleAfter: string;
                                        /** @default stock */
                                        stock: string;
                                        /**
                                         * @description A CEL expression
                                         * @default demand.p90 > stock + on_order
                                         */
                                        when: string;
                                    };
                                    horizon: number;
                                    /** @default Apache-2.0 */
                                    licence: string;
                                    network: {
                                        /** @enum {string} */
                                        kind: "seasonal-naive";
                                        /** @default 7 */
                                        season: number;
                                    } | {
                                        /** @default 2 */
                                        blocks: number;
                                        /** @default 0.35 */
                                        dropout: number;
                                        /** @default [] */
                                        halfWithout: string[];
                                        /** @enum {string} */
                                        kind: "residual-mlp";
                                        /** @default 128 */
                                        width: number;
                                    } | {
                                        /** @enum {string} */
                                        kind: "revin-linear";
                                    } | {
                                        /** @enum {string} */
                                        kind: "imported";
                                        /**
                                         * @default float32
                                         * @enum {string}
                                         */
                                        precision: "float32" | "int8";
                                        /** @default {} */
                                        vocabulary: {
                                            [key: string]: string[];
                                        };
                                    };
                                    /**
                                     * @default [
                                     *       0.1,
                                     *       0.5,
                                     *       0.9
                                     *     ]
                                     */
                                    quantiles: number[];
                                    /** @default 0 0 * * * */
                                    schedule: string;
                                    training: {
                                        /** @default 512 */
                                        batch: number;
                                        /** @default 5 */
                                        epochs: number;
                                        /** @default 0.001 */
                                        learningRate: number;
                                        /**
                                         * @default [
                                         *       1,
                                         *       2,
                                         *       3
                                         *     ]
                                         */
                                        seeds: number[];
                                        /** @default 0.1 */
                                        weightDecay: number;
                                    };
                                    view: {
                                        censoredBy: string;
                                        /** @default [] */
                                        groups: string[];
                                        /** @enum {string} */
                                        kind: "daily-demand";
                                        knownAhead: {
                                            entity: string[];
                                            site: string[];
                                        };
                                        /**
                                         * @default [
                                         *       6,
                                         *       22
                                         *     ]
                                         */
                                        openHours: [
                                            number,
                                            number
                                        ];
                                        /** @default [] */
                                        states: string[];
                                        statics: {
                                            [key: string]: number;
                                        };
                                        target: string;
                                    } | {
                                        channels: "*" | string[];
                                        context: number;
                                        /** @enum {string} */
                                        kind: "sequence";
                                        /** @enum {string} */
                                        step: "5m" | "15m" | "1h" | "1d";
                                    };
                                };
                            };
                            error: {
                                code: string;
                                message: string;
                            } | null;
                            finishedAt: number | null;
                            from?: string;
                            id: string;
                            model: string;
                            progress: {
                                message?: string;
                                of?: number;
                                part?: number;
                                /** @description In the step dataset: sites that were read */
                                sites?: number;
                                /** @description In the step train: reading, training, exporting, done */
                                stage?: string;
                            } | null;
                            selector: {
                                [key: string]: string;
                            };
                            startedAt: number | null;
                            /** @enum {string} */
                            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                            /** @description queued, dataset, train, register, done */
                            step: string;
                            to?: string;
                            version: number | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What devices trust, and who signs for it */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Public halves of the keys that this cloud signs with */
                            cloudKeys: {
                                desired: {
                                    /** @enum {string} */
                                    crv: "Ed25519";
                                    kid: string;
                                    /** @enum {string} */
                                    kty: "OKP";
                                    x: string;
                                };
                                snapshot: string;
                                timestamp: string;
                            };
                            drafts: {
                                root: {
                                    /** @description Ids of keys, as the root names them */
                                    signedBy: string[];
                                    /** @enum {string} */
                                    state: "in-force" | "draft";
                                    threshold: number;
                                    version: number;
                                    /** @enum {string} */
                                    waitsFor?: "signatures" | "targets" | "root";
                                } | null;
                                targets: {
                                    /** @description Ids of keys, as the root names them */
                                    signedBy: string[];
                                    /** @enum {string} */
                                    state: "in-force" | "draft";
                                    threshold: number;
                                    version: number;
                                    /** @enum {string} */
                                    waitsFor?: "signatures" | "targets" | "root";
                                } | null;
                            };
                            message: string;
                            /**
                             * @description development: the cloud approves what is registered by itself, and nobody vouches for it
                             * @enum {string}
                             */
                            mode: "development" | "production";
                            root: {
                                development: boolean;
                                /** @description Unix milliseconds, UTC */
                                expires: number;
                                /** @description Ids of keys, as the root names them */
                                keys: string[];
                                sha256: string;
                                threshold: number;
                                version: number;
                            } | null;
                            snapshot: {
                                /** @description Unix milliseconds, UTC */
                                expires: number;
                                version: number;
                            } | null;
                            /** @enum {string} */
                            state: "ready" | "waiting-for-root" | "waiting-for-targets" | "other-cloud-keys" | "expired";
                            targets: {
                                approved: number;
                                /** @description Unix milliseconds, UTC */
                                expires: number;
                                /** @description Ids of keys, as the root names them */
                                keys: string[];
                                revoked: number;
                                threshold: number;
                                version: number;
                            } | null;
                            timestamp: {
                                /** @description Unix milliseconds, UTC */
                                expires: number;
                                version: number;
                            } | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trust/drafts/{role}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metadata that waits for signatures */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    role: "root" | "targets";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        /** Discard metadata that waits for signatures */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    role: "root" | "targets";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trust/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send signed root or targets metadata; with too few signatures it is kept as a draft */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description Signed metadata, byte for byte, in base64 */
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The small targets that it signs for */
                        files?: string[];
                        /** @description Root metadata, in version order */
                        roots?: string[];
                        /**
                         * Format: byte
                         * @description Targets metadata
                         */
                        targets?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            root: {
                                /** @description Ids of keys, as the root names them */
                                signedBy: string[];
                                /** @enum {string} */
                                state: "in-force" | "draft";
                                threshold: number;
                                version: number;
                                /** @enum {string} */
                                waitsFor?: "signatures" | "targets" | "root";
                            } | null;
                            targets: {
                                /** @description Ids of keys, as the root names them */
                                signedBy: string[];
                                /** @enum {string} */
                                state: "in-force" | "draft";
                                threshold: number;
                                version: number;
                                /** @enum {string} */
                                waitsFor?: "signatures" | "targets" | "root";
                            } | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tuf/metadata/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metadata: timestamp.json, or {version}.{role}.json */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    file: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tuf/targets/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A small target, {sha256}.{name} */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    file: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: never;
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin an upload; the same digest again gives the one that was begun, and where it goes on */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        bytes: number;
                        sha256: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            bytes: number;
                            /** @description Unix milliseconds, UTC */
                            expiresAt: number;
                            /** Format: uuid */
                            id: string;
                            /** @description How many bytes are here: where the next part goes */
                            offset: number;
                            sha256: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far an upload is */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    upload: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            bytes: number;
                            /** @description Unix milliseconds, UTC */
                            expiresAt: number;
                            /** Format: uuid */
                            id: string;
                            /** @description How many bytes are here: where the next part goes */
                            offset: number;
                            sha256: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Add the next part
         * @description The body is at most 4194304 bytes, as application/octet-stream.
         */
        patch: {
            parameters: {
                query: {
                    offset: number;
                };
                header?: never;
                path: {
                    upload: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            bytes: number;
                            /** @description Unix milliseconds, UTC */
                            expiresAt: number;
                            /** Format: uuid */
                            id: string;
                            /** @description How many bytes are here: where the next part goes */
                            offset: number;
                            sha256: string;
                        };
                    };
                };
            };
        };
        trace?: never;
    };
    "/v1/uploads/{upload}/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Register an upload that is complete as the model’s next version */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    upload: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        model: string;
                        /** @default {} */
                        tags?: {
                            [key: string]: string;
                        };
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            aliases: string[];
                            bundle: {
                                bytes: number;
                                sha256: string;
                            };
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            manifest: {
                                baseline: {
                                    [key: string]: number;
                                };
                                definition: {
                                    /** @enum {string} */
                                    apiVersion: "storecast/v1";
                                    /** @enum {string} */
                                    kind: "ModelDefinition";
                                    metadata: {
                                        /** @default  */
                                        description: string;
                                        name: string;
                                    };
                                    spec: {
                                        calibration: {
                                            /** @default 7 */
                                            conformalDays: number;
                                            /** @default 7 */
                                            levelDays: number;
                                            /** @default 60 */
                                            priorRows: number;
                                        };
                                        dataset: {
                                            /** @default {} */
                                            columns: {
                                                [key: string]: string | string[];
                                            };
                                        };
                                        decision?: {
                                            /**
                                             * @default {
                                             *       "under": 9,
                                             *       "over": 1
                                             *     }
                                             */
                                            costs: {
                                                over: number;
                                                under: number;
                                            };
                                            /** @default 24h */
                                            leadTime: string;
                                            /** @default reorder */
                                            name: string;
                                            onOrder?: string;
                                            pack: {
                                                attribute?: string;
                                                /** @default 1 */
                                                size: number;
                                            };
                                            /** @default 6h */
                                            staleAfter: string;
                                            /** @default stock */
                                            stock: string;
                                            /**
                                             * @description A CEL expression
                                             * @default demand.p90 > stock + on_order
                                             */
                                            when: string;
                                        };
                                        horizon: number;
                                        /** @default Apache-2.0 */
                                        licence: string;
                                        network: {
                                            /** @enum {string} */
                                            kind: "seasonal-naive";
                                            /** @default 7 */
                                            season: number;
                                        } | {
                                            /** @default 2 */
                                            blocks: number;
                                            /** @default 0.35 */
                                            dropout: number;
                                            /** @default [] */
                                            halfWithout: string[];
                                            /** @enum {string} */
                                            kind: "residual-mlp";
                                            /** @default 128 */
                                            width: number;
                                        } | {
                                            /** @enum {string} */
                                            kind: "revin-linear";
                                        } | {
                                            /** @enum {string} */
                                            kind: "imported";
                                            /**
                                             * @default float32
                                             * @enum {string}
                                             */
                                            precision: "float32" | "int8";
                                            /** @default {} */
                                            vocabulary: {
                                                [key: string]: string[];
                                            };
                                        };
                                        /**
                                         * @default [
                                         *       0.1,
                                         *       0.5,
                                         *       0.9
                                         *     ]
                                         */
                                        quantiles: number[];
                                        /** @default 0 0 * * * */
                                        schedule: string;
                                        training: {
                                            /** @default 512 */
                                            batch: number;
                                            /** @default 5 */
                                            epochs: number;
                                            /** @default 0.001 */
                                            learningRate: number;
                                            /**
                                             * @default [
                                             *       1,
                                             *       2,
                                             *       3
                                             *     ]
                                             */
                                            seeds: number[];
                                            /** @default 0.1 */
                                            weightDecay: number;
                                        };
                                        view: {
                                            censoredBy: string;
                                            /** @default [] */
                                            groups: string[];
                                            /** @enum {string} */
                                            kind: "daily-demand";
                                            knownAhead: {
                                                entity: string[];
                                                site: string[];
                                            };
                                            /**
                                             * @default [
                                             *       6,
                                             *       22
                                             *     ]
                                             */
                                            openHours: [
                                                number,
                                                number
                                            ];
                                            /** @default [] */
                                            states: string[];
                                            statics: {
                                                [key: string]: number;
                                            };
                                            target: string;
                                        } | {
                                            channels: "*" | string[];
                                            context: number;
                                            /** @enum {string} */
                                            kind: "sequence";
                                            /** @enum {string} */
                                            step: "5m" | "15m" | "1h" | "1d";
                                        };
                                    };
                                };
                                features: string[];
                                files: {
                                    [key: string]: string;
                                };
                                /** @default [] */
                                fill: number[];
                                /** @enum {number} */
                                format: 1;
                                inputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                lineage: {
                                    dataset: {
                                        from: string;
                                        rows: number;
                                        sha256: string;
                                        to: string;
                                    };
                                    seconds: number;
                                    storecast: string;
                                    trainedAt: string;
                                };
                                metrics: {
                                    [key: string]: number;
                                };
                                outputs: {
                                    name: string;
                                    shape: (number | string)[];
                                    /** @enum {string} */
                                    type: "float32" | "int64";
                                }[];
                                /** @enum {string} */
                                precision: "float32" | "int8";
                                quantization: {
                                    bytesFloat32: number;
                                    bytesInt8: number;
                                    calibrationRows: number;
                                    scheme: string;
                                } | null;
                                vocabulary: {
                                    [key: string]: string[];
                                };
                            };
                            model: string;
                            source: {
                                /** @enum {string} */
                                kind: "upload";
                            } | {
                                /** @enum {string} */
                                kind: "training";
                                run: string;
                            };
                            tags: {
                                [key: string]: string;
                            };
                            version: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Users, by name */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** @description Unix milliseconds, UTC */
                                createdAt: number;
                                disabledAt: number | null;
                                /** @description Labels that a site must have for the account to see it; empty: every site */
                                limit: {
                                    [key: string]: string;
                                };
                                name: string;
                                /**
                                 * @description oidc: a provider vouches for them, and says roles and limit
                                 * @enum {string}
                                 */
                                origin: "local" | "oidc";
                                roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                                /** @description At the provider, issuer#subject */
                                subject: string | null;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /** Add a user */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description Labels that a site must have for the account to see it; empty: every site
                         * @default {}
                         */
                        limit?: {
                            [key: string]: string;
                        };
                        name: string;
                        /** @description Absent: the user has none, and cannot log in yet */
                        password?: string;
                        roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            disabledAt: number | null;
                            /** @description Labels that a site must have for the account to see it; empty: every site */
                            limit: {
                                [key: string]: string;
                            };
                            name: string;
                            /**
                             * @description oidc: a provider vouches for them, and says roles and limit
                             * @enum {string}
                             */
                            origin: "local" | "oidc";
                            roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                            /** @description At the provider, issuer#subject */
                            subject: string | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One user */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            disabledAt: number | null;
                            /** @description Labels that a site must have for the account to see it; empty: every site */
                            limit: {
                                [key: string]: string;
                            };
                            name: string;
                            /**
                             * @description oidc: a provider vouches for them, and says roles and limit
                             * @enum {string}
                             */
                            origin: "local" | "oidc";
                            roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                            /** @description At the provider, issuer#subject */
                            subject: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change roles, limit or password of a user, or disable them */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        disabled?: boolean;
                        /** @description Labels that a site must have for the account to see it; empty: every site */
                        limit?: {
                            [key: string]: string;
                        };
                        password?: string;
                        roles?: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Unix milliseconds, UTC */
                            createdAt: number;
                            disabledAt: number | null;
                            /** @description Labels that a site must have for the account to see it; empty: every site */
                            limit: {
                                [key: string]: string;
                            };
                            name: string;
                            /**
                             * @description oidc: a provider vouches for them, and says roles and limit
                             * @enum {string}
                             */
                            origin: "local" | "oidc";
                            roles: ("viewer" | "operator" | "approver" | "steward" | "admin")[];
                            /** @description At the provider, issuer#subject */
                            subject: string | null;
                        };
                    };
                };
            };
        };
        trace?: never;
    };
    "/v1/views/{page}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Views of a page that one has kept, by name */
        get: {
            parameters: {
                query?: {
                    /** @description The `next` of the page before; absent: the first page */
                    cursor?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                };
                header?: never;
                path: {
                    page: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                name: string;
                                page: string;
                                search: string;
                                /** @description Unix milliseconds, UTC */
                                updatedAt: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/views/{page}/{view}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keep a view of a page under a name */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    page: string;
                    view: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description What the page’s address says after "?" */
                        search: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            name: string;
                            page: string;
                            search: string;
                            /** @description Unix milliseconds, UTC */
                            updatedAt: number;
                        };
                    };
                };
            };
        };
        post?: never;
        /** Keep a view no more */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    page: string;
                    view: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/windows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Windows of any series, merged over devices, sites and labels, by time and whatever stays apart */
        get: {
            parameters: {
                query: {
                    /** @description What stays apart, of time, sensor, entity, device, site and label:<name>; everything else is merged */
                    by?: string;
                    cursor?: string;
                    device?: string;
                    entity?: string;
                    /** @description Of what begins at or after */
                    from: number;
                    group?: string;
                    /** @description As many items a page holds */
                    limit?: number;
                    quantiles?: string;
                    /** @description Hours and days are those of each site’s own calendar */
                    resolution?: "window" | "hour" | "day";
                    selector?: string;
                    sensor?: string;
                    site?: string;
                    /** @description Of what begins before */
                    to: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                count: number;
                                /** @description Local date, at resolution "day" by time */
                                day?: string;
                                duplicate: number;
                                /** @description Of the last */
                                end: number;
                                flat: number;
                                /** @description By `by`, without time; null: no such label */
                                key: {
                                    [key: string]: string | null;
                                };
                                /** @description Of the window that ends last */
                                last: number | null;
                                late: number;
                                max: number | null;
                                /** @description null: nothing was counted */
                                min: number | null;
                                missing: number;
                                outOfRange: number;
                                /** @description Within 1 % of the distance to the sensor’s centre; null: nothing was counted */
                                quantiles: {
                                    [key: string]: number | null;
                                };
                                /** @description Of a value, in the unit */
                                resolution: number;
                                /** @description How many were merged */
                                series: number;
                                /** @description Of the first window that was merged */
                                start: number;
                                sum: number;
                                /** @description null: the site does not define the sensor, values are whole steps */
                                unit: string | null;
                                untrusted: number;
                                wrongType: number;
                                wrongUnit: number;
                            }[];
                            /** @description Give it as `cursor` for the next page */
                            next?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        __shared: {
            $defs: {
                schema0: string | number | boolean | null | components["schemas"]["__shared"][] | {
                    [key: string]: components["schemas"]["__shared"];
                };
            };
        };
        JsonValue: components["schemas"]["__shared"];
        JsonValueInput: components["schemas"]["__shared"];
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
