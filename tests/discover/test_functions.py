from __future__ import annotations

from collections.abc import Callable

from tests.discover.discovered import Discovered

Found = Callable[[dict[str, str]], Discovered]

ORDERS = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
  CartUrl: {Type: "AWS::SSM::Parameter::Value<String>"}
  BusName: {Type: "AWS::SSM::Parameter::Value<String>", Default: /shop/dev/bus}
Globals:
  Function:
    Runtime: python3.12
    Handler: main.handler
    Environment:
      Variables:
        STAGE: !Ref Stage
        BUS: !Ref BusName
Resources:
  Create:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/create/
      Environment:
        Variables:
          CART_URL: !Sub "${CartUrl}/items"
          QUEUE_URL: !Ref Queue
          TOPIC: !GetAtt Topic.TopicArn
          ARN: !Sub "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:other-queue"
          JOINED: !Join ["-", [a, !Ref Stage, !Select [1, [x, y]]]]
          UNKNOWN: !Ref Nothing
          IMPORTED: !ImportValue shared-name
      Events:
        Post:
          Type: Api
          Properties: {Path: /orders, Method: post, RestApiId: !Ref Api}
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 5}
        Bus:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref BusName
            Pattern: {source: [cart], detail-type: [CartPaid, CartDropped]}
        Timer:
          Type: Schedule
          Properties: {Schedule: rate(1 hour)}
        Stream:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Table.StreamArn}
        Log:
          Type: MSK
          Properties: {Topics: [orders-log]}
  Api:
    Type: AWS::Serverless::Api
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "orders-${Stage}"
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Dead: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub "${Nothing}-topic"}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {StreamSpecification: {StreamViewType: NEW_IMAGE}}}
  Wire:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: sqs, TopicArn: !Ref Topic, Endpoint: !GetAtt Queue.Arn}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {detail-type: [OrderPlaced]}
      Targets: [{Arn: !GetAtt Queue.Arn, Id: q}]
Outputs:
  Name: {Value: !Ref Topic, Export: {Name: shared-name}}
"""
CART = """\
Resources:
  Api: {Type: AWS::Serverless::Api}
  Show:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: app.show
      Events: {Get: {Type: Api, Properties: {Path: /items, Method: get, RestApiId: !Ref Api}}}
  Url:
    Type: AWS::SSM::Parameter
    Properties:
      Name: /shop/dev/cart/url
      Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/Prod"
  Bus:
    Type: AWS::SSM::Parameter
    Properties: {Name: /shop/dev/bus, Value: main-bus}
"""
FILES = {
    "orders/template.yaml": ORDERS,
    "orders/metadata.yaml": "parameters: {CartUrl: '/shop/{Stage}/cart/url'}\n",
    "orders/src/create/main.py": "def handler(event, context): ...\n",
    "cart/template.yml": CART,
    "cart/app.py": "def show(event, context): ...\n",
}


def test_each_template_is_a_service(found: Found) -> None:
    services = found(FILES).services
    assert [(each.name, each.path, each.kind) for each in services.all] == [
        ("cart", "cart", "python"),
        ("orders", "orders", "python"),
    ]
    orders = services.named("orders")
    assert orders
    assert (orders.processes[0].entry, orders.processes[0].command) == ("orders/src/create/main.py", "handler")
    assert orders.evidence == (("orders/template.yaml", 16),)


def test_references_are_followed_through_parameters_stores_and_exports(found: Found) -> None:
    project = found(FILES)
    values = {each.name: each.value for each in project.deployment.functions[1].environment}
    assert values == {
        "CART_URL": "https://cart-api.execute-api.us-east-1.amazonaws.com/Prod/items",
        "QUEUE_URL": "orders-dev",
        "TOPIC": "Topic",
        "ARN": "other-queue",
        "JOINED": "a-dev-y",
        "UNKNOWN": "${Nothing}",
        "IMPORTED": "Topic",
        "STAGE": "dev",
        "BUS": "main-bus",
    }
    cart = project.services.by_host("cart-api.execute-api.us-east-1.amazonaws.com")
    assert cart and cart.name == "cart"
    url = project.environment.lookup("orders", "CART_URL")
    assert url and (url.file, url.line) == ("orders/template.yaml", 21)


def test_events_of_a_function(found: Found) -> None:
    events = [each for each in found(FILES).deployment.events if each.function == "Create"]
    assert {each.module for each in events} == {"orders/src/create/main.py"}
    assert {each.handler for each in events} == {"handler"}
    assert [(each.kind, each.name, each.method, each.path, each.types) for each in events] == [
        ("api", "", "POST", "/orders", ()),
        ("sqs", "orders-dev", "", "", ()),
        ("eventbridge", "main-bus", "", "", ("CartPaid", "CartDropped")),
        ("schedule", "", "", "", ()),
        ("dynamodb", "Table", "", "", ()),
        ("kafka", "orders-log", "", "", ()),
    ]
    assert events[1].line == 33
    assert events[1].properties["BatchSize"] == "5"
    assert events[2].properties["source"] == "cart"


def test_queues_and_the_ways_between_them(found: Found) -> None:
    deployment = found(FILES).deployment
    queues = {each.name: (each.kind, each.dead_letter, each.fifo) for each in deployment.queues}
    assert queues == {
        "orders-dev": ("sqs", True, False),
        "Dead": ("sqs", False, True),
        "Topic": ("sns", False, False),
        "Table": ("dynamodb", False, False),
    }
    assert [(each.source, each.target, each.pattern) for each in deployment.relays] == [
        ("Topic", "orders-dev", ""),
        ("default", "orders-dev", "OrderPlaced"),
    ]


def test_names_used_by_several_templates_are_told_apart(found: Found) -> None:
    table = "Resources: {Queue: {Type: AWS::SQS::Queue}}\n"
    deployment = found({"a/template.yaml": table, "b/template.yaml": table}).deployment
    assert [each.name for each in deployment.queues] == ["a-Queue", "b-Queue"]


def test_one_template_with_functions_in_several_folders_has_a_service_for_each(found: Found) -> None:
    template = """\
        Resources:
          A: {Type: AWS::Serverless::Function, Properties: {CodeUri: src/a, Handler: main.run}}
          B: {Type: AWS::Lambda::Function, Properties: {Code: src/b, Handler: main.run}}
          Map:
            Type: AWS::Lambda::EventSourceMapping
            Properties: {FunctionName: !Ref B, EventSourceArn: !GetAtt Q.Arn}
          Q: {Type: AWS::SQS::Queue}
          Every:
            Type: AWS::Events::Rule
            Properties: {ScheduleExpression: rate(1 day), Targets: [{Arn: !GetAtt A.Arn}]}
          Sub:
            Type: AWS::SNS::Subscription
            Properties: {Protocol: lambda, Endpoint: !GetAtt A.Arn, TopicArn: "arn:aws:sns:eu-west-1:1:news"}
        """
    project = found({"template.yaml": template, "src/a/main.py": "", "src/b/main.py": ""})
    assert [(each.name, each.path) for each in project.services.all] == [("a", "src/a"), ("b", "src/b")]
    assert [(each.function, each.kind, each.name) for each in project.deployment.events] == [
        ("B", "sqs", "Q"),
        ("A", "schedule", ""),
        ("A", "sns", "news"),
    ]
    assert project.deployment.relays == ()


def test_routes_of_an_openapi_document(found: Found) -> None:
    project = found(
        {
            "template.yaml": """\
                Resources:
                  Get: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., Handler: app.get}}
                  Api:
                    Type: AWS::Serverless::Api
                    Properties:
                      DefinitionBody: {Fn::Transform: {Name: "AWS::Include", Parameters: {Location: openapi.yaml}}}
                """,
            "openapi.yaml": """\
                paths:
                  /orders/{id}:
                    get:
                      x-amazon-apigateway-integration:
                        uri: {Fn::Sub: "arn:x:lambda:path/functions/${Get.Arn}/invocations"}
                    parameters: []
                """,
            "app.py": "",
        }
    )
    (event,) = project.deployment.events
    assert (event.function, event.kind, event.method, event.path) == ("Get", "api", "GET", "/orders/{id}")
    assert (event.file, event.line) == ("openapi.yaml", 3)


def test_function_shipped_as_an_image(found: Found) -> None:
    project = found(
        {
            "template.yaml": """\
                Resources:
                  Resize:
                    Type: AWS::Serverless::Function
                    Metadata: {DockerContext: ./resize, Dockerfile: Dockerfile}
                    Properties: {PackageType: Image}
                """,
            "resize/Dockerfile": 'FROM public.ecr.aws/lambda/python\nCOPY app.py .\nCMD ["app.run"]',
            "resize/app.py": "",
        }
    )
    (function,) = project.deployment.functions
    assert (function.module, function.handler) == ("resize/app.py", "run")


def test_nested_stack_gets_its_parameters_from_the_parent(found: Found) -> None:
    project = found(
        {
            "template.yaml": """\
                Resources:
                  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
                  Child:
                    Type: AWS::Serverless::Application
                    Properties: {Location: ./child/template.yaml, Parameters: {Queue: !GetAtt Q.Arn}}
                """,
            "child/template.yaml": """\
                Parameters: {Queue: {Type: String}}
                Resources:
                  Work:
                    Type: AWS::Serverless::Function
                    Properties: {CodeUri: ., Handler: w.run, Events: {E: {Type: SQS, Properties: {Queue: !Ref Queue}}}}
                """,
            "child/w.py": "",
        }
    )
    assert project.deployment.events[0].name == "jobs"


def test_nested_stacks_as_a_build_leaves_them_tell_each_other_their_outputs(found: Found) -> None:
    child = """\
        Resources:
          Q: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
        Outputs: {Name: {Value: !GetAtt Q.QueueName}}
        """
    project = found(
        {
            "template.yaml": """\
                Resources:
                  Queues:
                    Type: AWS::Serverless::Application
                    Properties: {Location: ./queues/.aws-sam/build/template.yaml}
                  Work:
                    Type: AWS::Serverless::Function
                    Properties:
                      CodeUri: .
                      Handler: w.run
                      Environment: {Variables: {QUEUE: !GetAtt Queues.Outputs.Name}}
                      Events: {E: {Type: SQS, Properties: {Queue: !Sub "${Queues.Outputs.Name}"}}}
                """,
            "queues/template.yml": child,
            "w.py": "",
        }
    )
    assert project.deployment.events[0].name == "jobs"
    assert [each.value for each in project.deployment.functions[0].environment] == ["jobs"]


def test_serverless_framework_project(found: Found) -> None:
    project = found(
        {
            "billing/serverless.yml": """\
                service: billing
                custom: {queue: invoices, shared: {A: b}}
                provider:
                  stage: ${opt:stage, 'dev'}
                  environment:
                    QUEUE: ${self:custom.queue}-${self:provider.stage}
                    TOPIC: !Ref Topic
                functions:
                  make:
                    handler: src/handlers.make
                    environment: ${self:custom.shared}
                    events:
                      - http: POST /invoices
                      - httpApi: {path: "/invoices/{id}", method: get}
                      - sqs: {arn: !GetAtt Q.Arn}
                      - sns: {arn: !Ref Topic}
                      - schedule: rate(1 hour)
                      - eventBridge: {pattern: {detail-type: [OrderPlaced]}}
                      - stream: {type: dynamodb, arn: !GetAtt T.StreamArn}
                resources:
                  Resources:
                    Q: {Type: AWS::SQS::Queue, Properties: {QueueName: "in-${self:provider.stage}"}}
                    Topic: {Type: AWS::SNS::Topic}
                    T: {Type: AWS::DynamoDB::Table, Properties: {StreamSpecification: {StreamViewType: KEYS_ONLY}}}
                """,
            "billing/src/handlers.py": "",
        }
    )
    (billing,) = project.services.all
    assert (billing.name, billing.path) == ("billing", "billing")
    values = {each.name: each.value for each in billing.processes[0].settings}
    assert values == {"A": "b", "QUEUE": "invoices-dev", "TOPIC": "Topic"}
    assert [(each.kind, each.name, each.method, each.path, each.types) for each in project.deployment.events] == [
        ("api", "", "POST", "/invoices", ()),
        ("api", "", "GET", "/invoices/{id}", ()),
        ("sqs", "in-dev", "", "", ()),
        ("sns", "Topic", "", "", ()),
        ("schedule", "", "", "", ()),
        ("eventbridge", "default", "", "", ("OrderPlaced",)),
        ("dynamodb", "T", "", "", ()),
    ]
    assert {each.module for each in project.deployment.events} == {"billing/src/handlers.py"}


def test_parameters_that_refer_to_each_other_without_end(found: Found) -> None:
    stored = "\n".join(
        f"  P{i}: {{Type: AWS::SSM::Parameter, Properties: {{Name: /{i}, Value: !Join ['', ["
        + ", ".join([f"'{{{{resolve:ssm:/{(i + 1) % 20}}}}}'"] * 20)
        + "]]}}"
        for i in range(20)
    )
    project = found(
        {
            "template.yaml": f"Resources:\n{stored}\n"
            "  F:\n    Type: AWS::Serverless::Function\n"
            "    Properties: {CodeUri: ., Handler: a.b, Environment: {Variables: {X: '{{resolve:ssm:/0}}'}}}\n",
            "a.py": "",
        }
    )
    assert len(project.deployment.functions) == 1


def test_shapes_that_mean_nothing_are_passed_over(found: Found) -> None:
    project = found(
        {
            "template.yaml": """\
                Resources:
                  A: text
                  B: {Type: AWS::Serverless::Function, Properties: [x]}
                  C: {Type: AWS::Serverless::Function, Properties: {Events: {E: text, F: {Type: [x]}}, Handler: {a: b}}}
                  D: {Type: AWS::SNS::Topic, Properties: {Subscription: [{}, x], TopicName: !Sub []}}
                  E: {Type: AWS::Events::Rule, Properties: {Targets: x, EventPattern: x}}
                  F: {Type: AWS::SNS::Subscription}
                  G: {Type: AWS::Serverless::Api, Properties: {DefinitionUri: !Ref X, DefinitionBody: {paths: x}}}
                  H: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join [x]}}
                """,
            "serverless.yml": "functions: {a: text, b: {events: [x, {http: [1]}], handler: [x]}}\nresources: [x]\n",
            "main.py": "",
        }
    )
    assert project.unanalysed == ()
